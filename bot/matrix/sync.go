package matrix

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Numbers of a sync.
const (
	syncWait      = 30 * time.Second // a sync without news is answered after this
	timelineLimit = 50
)

// syncResponse is the part of an answer to /sync that matters here.
type syncResponse struct {
	NextBatch string `json:"next_batch"`
	ToDevice  struct {
		Events events `json:"events"`
	} `json:"to_device"`
	DeviceLists mautrix.DeviceLists `json:"device_lists"`
	KeyCount    mautrix.OTKCount    `json:"device_one_time_keys_count"`
	Rooms       struct {
		Join   map[id.RoomID]joinedRoom  `json:"join"`
		Invite map[id.RoomID]invitedRoom `json:"invite"`
		Leave  map[id.RoomID]joinedRoom  `json:"leave"`
	} `json:"rooms"`
}

type joinedRoom struct {
	State struct {
		Events events `json:"events"`
	} `json:"state"`
	Timeline struct {
		Events    events `json:"events"`
		Limited   bool   `json:"limited"`
		PrevBatch string `json:"prev_batch"`
	} `json:"timeline"`
}

type invitedRoom struct {
	State struct {
		Events events `json:"events"`
	} `json:"invite_state"`
}

// events leaves out an event that cannot be read. One such event must not hide the others, nor hold
// up the sync for ever.
type events []*event.Event

func (es *events) UnmarshalJSON(data []byte) error {
	var raw []json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil // null, or nonsense: no events
	}
	for _, r := range raw {
		var e event.Event
		if json.Unmarshal(r, &e) == nil && e.Type.Type != "" {
			*es = append(*es, &e)
		}
	}
	return nil
}

// syncFilter leaves out what a bot has no use for.
var syncFilter = func() string {
	nothing := map[string]any{"not_types": []string{"*"}}
	data, err := json.Marshal(map[string]any{
		"presence": nothing, "account_data": nothing,
		"room": map[string]any{
			"ephemeral": nothing, "account_data": nothing,
			"timeline": map[string]any{"limit": timelineLimit},
			"state":    map[string]any{"lazy_load_members": false},
		},
	})
	if err != nil {
		panic(err)
	}
	return string(data)
}()

// askSync asks for what happened since the given place; empty for all.
func askSync(ctx context.Context, a *account, since string, wait time.Duration) (*syncResponse, error) {
	query := map[string]string{"filter": syncFilter, "timeout": strconv.FormatInt(wait.Milliseconds(), 10)}
	if since != "" {
		query["since"] = since
	}
	ctx, cancel := context.WithTimeout(ctx, wait+requestTime/2)
	defer cancel()
	var answer syncResponse
	_, err := a.MakeRequest(ctx, http.MethodGet, a.BuildURLWithQuery(mautrix.ClientURLPath{"v3", "sync"}, query), nil, &answer)
	return &answer, err
}
