package bot

import "fmt"

// RoleName is a role as a config file names it: stranger, viewer, member or admin. The zero value is
// one that is not given.
type RoleName struct {
	Role  Role
	Given bool
}

// UnmarshalText reads a role.
func (r *RoleName) UnmarshalText(text []byte) error {
	for role := Stranger; role <= Admin; role++ {
		if string(text) == role.String() {
			*r = RoleName{role, true}
			return nil
		}
	}
	return fmt.Errorf("%q is no role: write stranger, viewer, member or admin", text)
}

// Or gives the role, or other when none is given.
func (r RoleName) Or(other Role) Role {
	if r.Given {
		return r.Role
	}
	return other
}
