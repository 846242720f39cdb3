package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"github.com/tocsin-bot/tocsin/bot"
)

// Numbers of talking to a homeserver.
const (
	requestTime = 2 * time.Minute
	maxResponse = 64 << 20
	loginPause  = 20 * time.Second // between two attempts to log in that were refused
)

// account is the connection of one device to its homeserver.
type account struct {
	*mautrix.Client
	vault    vault
	vaultErr error // why there is no vault: encrypted rooms are refused, the others go on
}

// connect gives the account, logging in first where that is needed. Errors are *bot.SendError.
func (p *Platform) connect(ctx context.Context) (*account, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.account != nil {
		return p.account, nil
	}
	if p.refused != nil && p.Now().Before(p.askAgain) {
		return nil, p.refused
	}
	a, err := p.login(ctx, nil, nil)
	if err != nil {
		send := loginError(err)
		if send.Fate == bot.BadAuth {
			p.refused, p.askAgain = send, p.Now().Add(loginPause)
		}
		return nil, send
	}
	p.account, p.refused = a, nil
	return a, nil
}

// loginError gives an error of a login its fate: what would mean a room means the account.
func loginError(err error) *bot.SendError {
	send := sendError(err, false)
	if send.Fate == bot.BadRoom || send.Fate == bot.BadPost {
		send = &bot.SendError{Fate: bot.BadAuth, Hint: "Check matrix.user and its password, then run: tocsin matrix login", Err: send.Err}
	}
	return send
}

// disconnect forgets a connection that the server no longer knows.
func (p *Platform) disconnect(a *account) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.account == a {
		p.account = nil
	}
}

// newClient makes a client that asks through transport, which may sign its requests.
func (p *Platform) newClient(transport http.RoundTripper) (*mautrix.Client, error) {
	c, err := mautrix.NewClient(p.config.Homeserver, id.UserID(p.config.User), "")
	if err != nil {
		return nil, err
	}
	c.UserAgent = "Tocsin"
	c.Client = &http.Client{Timeout: requestTime, Transport: transport}
	c.ResponseSizeLimit = maxResponse
	c.IgnoreRateLimit = true
	c.StateStore = p.memory.rooms
	return c, nil
}

// login makes the client for the device that this database belongs to. Kept is what is known of that
// device, nil for what is stored; person is who sits before the screen, nil for nobody.
func (p *Platform) login(ctx context.Context, kept *device, person *Person) (*account, error) {
	stored, err := p.memory.device(ctx)
	if err != nil {
		return nil, err
	}
	if kept == nil {
		kept = &stored
	}
	if stored.User != "" && string(stored.User) != p.config.User {
		return nil, &bot.SendError{Fate: bot.BadAuth, Err: fmt.Errorf("the Matrix tables belong to %s, the config names %s", stored.User, p.config.User),
			Hint: "Give each account a database of its own."}
	}
	t, now, err := p.authorize(ctx, *kept, person)
	if err != nil {
		return nil, fmt.Errorf("log in to Matrix: %w", err)
	}
	if err := sameDevice(*kept, now, p.config.User); err != nil {
		if now.Issuer != "" && now.Refresh != kept.Refresh { // a login that was just made, for somebody else
			p.logout(ctx, now)
		}
		return nil, err
	}
	if now != stored {
		if now.ID != stored.ID { // whose place in the sync is not ours
			if err := p.memory.setValue(ctx, "since", ""); err != nil {
				return nil, err
			}
		}
		if err := p.memory.setDevice(ctx, now); err != nil {
			return nil, err
		}
	}
	client, err := p.newClient(t)
	if err != nil {
		return nil, err
	}
	client.UserID, client.DeviceID = now.User, now.ID
	a := &account{Client: client}
	a.vault, a.vaultErr = p.openVault(ctx, client)
	if lasting := (*bot.SendError)(nil); a.vaultErr != nil && !errors.As(a.vaultErr, &lasting) {
		return nil, a.vaultErr
	}
	p.Log.Info("Matrix knows us", "user", now.User, "device", now.ID, "encryption", a.vaultErr == nil)
	if a.vaultErr != nil && Encrypts {
		p.Log.Error("no encryption: encrypted rooms are refused", "err", a.vaultErr, "hint", sendError(a.vaultErr, false).Hint)
	}
	if a.vault != nil && person == nil {
		p.lookAtTrust(ctx, a)
	}
	return a, nil
}

// lookAtTrust says when other people's clients do not trust the device, and verifies it where the
// config has the recovery key. A database that was lost shows here: its device is a new one.
func (p *Platform) lookAtTrust(ctx context.Context, a *account) {
	exists, verified, err := a.vault.identity(ctx)
	switch {
	case err != nil:
		p.Log.Warn("the homeserver does not say whether others trust the device", "device", a.DeviceID, "err", withoutSecrets(err))
	case verified:
	case !exists:
		p.Log.Warn("the account has no cross-signing keys: other people's clients warn of the bot, or ignore it", "device", a.DeviceID,
			"hint", "Stop the bot and run: tocsin matrix login")
	case p.config.RecoveryKey.Given():
		if err = a.vault.verify(ctx, p.config.RecoveryKey.Reveal()); err == nil {
			p.Log.Info("the device was verified with the recovery key", "device", a.DeviceID)
			return
		}
		fallthrough
	default:
		p.Log.Warn("the device is not verified: other people's clients warn of the bot, or ignore it", "device", a.DeviceID, "err", err,
			"hint", "Stop the bot, and with the recovery key run: tocsin matrix verify")
	}
}

// authorize finds tokens that the homeserver takes, by what there is: those of the config, those that
// are stored, a password, a person. It gives the device as the homeserver knows it.
func (p *Platform) authorize(ctx context.Context, kept device, person *Person) (*tokens, device, error) {
	if p.config.AccessToken.Given() {
		return p.whoami(ctx, device{Token: p.config.AccessToken.Reveal()})
	}
	if kept.Token != "" {
		t, now, err := p.whoami(ctx, kept)
		ended := err != nil && (codeOf(err) == "M_UNKNOWN_TOKEN" || bot.FateOf(err).Fate == bot.BadAuth)
		if !ended || !p.config.Password.Given() && person == nil {
			return t, now, err
		}
		p.Log.Warn("the login has ended, logging in again", "device", kept.ID, "err", err)
	}
	d, err := p.renewLogin(ctx, kept, person)
	if err != nil {
		return nil, device{}, err
	}
	return p.whoami(ctx, d)
}

// renewLogin logs in as the given device, or as a new one.
func (p *Platform) renewLogin(ctx context.Context, kept device, person *Person) (device, error) {
	if p.config.Password.Given() {
		return p.withPassword(ctx, kept.ID, p.config.Password.Reveal())
	}
	if person == nil {
		return device{}, &bot.SendError{Fate: bot.BadAuth, Err: errors.New("there is neither a password nor a login"),
			Hint: "Run: tocsin matrix login"}
	}
	server, err := p.discover(ctx)
	switch {
	case errors.Is(err, errNoOAuth):
		password, err := person.Password()
		if err != nil {
			return device{}, err
		}
		p.password = password
		return p.withPassword(ctx, kept.ID, password)
	case err != nil:
		return device{}, err
	}
	if err := server.offersCodes(); err != nil {
		return device{}, err
	}
	return p.withApproval(ctx, server, kept, person.Approve)
}

// logout ends a login on the server, as far as that can be done.
func (p *Platform) logout(ctx context.Context, d device) {
	err := errors.New("there is no token for it")
	switch {
	case d.Issuer != "" && d.Refresh != "":
		var s *oauthServer
		if s, err = p.discover(ctx); err == nil && s.Issuer == d.Issuer {
			err = s.revoke(ctx, d)
		}
	case d.Token != "":
		var t *tokens
		var client *mautrix.Client
		if t, err = p.tokensOf(d); err == nil {
			if client, err = p.newClient(t); err == nil {
				_, err = client.Logout(ctx)
			}
		}
	}
	if err != nil && codeOf(err) != "M_UNKNOWN_TOKEN" {
		p.Log.Warn("the device may be logged in still: remove it with another client", "device", d.ID, "err", withoutSecrets(err))
	}
}

func (p *Platform) openVault(ctx context.Context, client *mautrix.Client) (vault, error) {
	pickle := p.config.PickleKey.Reveal()
	if pickle == "" {
		var err error
		if pickle, err = p.memory.pickleKey(ctx); err != nil {
			return nil, err
		}
	}
	return openVault(ctx, client, p.memory, pickle, p.config)
}

// sameDevice makes sure that the device has not changed under the database: transaction ids and
// keys hang on it.
func sameDevice(kept, now device, user string) error {
	switch {
	case string(now.User) != user:
		return &bot.SendError{Fate: bot.BadAuth, Err: fmt.Errorf("the access token belongs to %s, the config names %s", now.User, user),
			Hint: "Put the account of the token into matrix.user."}
	case now.ID == "":
		return &bot.SendError{Fate: bot.BadAuth, Err: errors.New("the access token belongs to no device"),
			Hint: "Log in with a password: tocsin matrix login"}
	case kept.ID != "" && kept.ID != now.ID:
		return &bot.SendError{Fate: bot.BadAuth,
			Err:  fmt.Errorf("the access token belongs to the device %s, the Matrix tables to %s", now.ID, kept.ID),
			Hint: "Give the token of the old device, or take the new one for good: tocsin matrix login --new-device"}
	}
	return nil
}

// whoami asks who the tokens of d belong to.
func (p *Platform) whoami(ctx context.Context, d device) (*tokens, device, error) {
	t, err := p.tokensOf(d)
	if err != nil {
		return nil, device{}, err
	}
	client, err := p.newClient(t)
	if err != nil {
		return nil, device{}, err
	}
	who, err := client.Whoami(ctx)
	if err != nil {
		return nil, device{}, err
	}
	return t, t.belongTo(who.UserID, who.DeviceID), nil
}

// withPassword logs in as the given device, or as a new one.
func (p *Platform) withPassword(ctx context.Context, old id.DeviceID, password string) (device, error) {
	client, err := p.newClient(p.transport)
	if err != nil {
		return device{}, err
	}
	asked := p.Now()
	answer, err := client.Login(ctx, &mautrix.ReqLogin{
		Type:       mautrix.AuthTypePassword,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: p.config.User},
		Password:   password, DeviceID: old, InitialDeviceDisplayName: "Tocsin", RefreshToken: true,
	})
	if err != nil {
		return device{}, err
	}
	d := device{User: answer.UserID, ID: answer.DeviceID}
	return d.renewed(answer.AccessToken, answer.RefreshToken, asked, time.Duration(answer.ExpiresInMS)*time.Millisecond), nil
}

// Person is who sits before the screen while the bot logs in.
type Person struct {
	// Password gives the account's password, for a homeserver that wants one.
	Password func() (string, error)

	// Approve shows where to approve the login, for a homeserver with OAuth 2.0.
	Approve func(Approval)
}

// Approval is where a person approves the bot's login, with a browser that is logged in as the bot's
// account: at URL with the code, or at WholeURL, which holds the code and may be empty. Lasts is for
// how long the code holds.
type Approval struct {
	URL, WholeURL, Code string
	Lasts               time.Duration
}

// Login logs in, as the device that the database belongs to or, with fresh, as a new one in place of
// that, and makes sure that others trust it: it makes cross-signing keys where the account has none
// and gives the recovery key, which is shown once; with a recovery key in the config it verifies the
// device.
func (p *Platform) Login(ctx context.Context, fresh bool, person Person) (Identity, error) {
	old, err := p.memory.device(ctx)
	if err != nil {
		return Identity{}, err
	}
	kept := old
	if fresh {
		kept = device{}
	}
	p.mu.Lock()
	p.account, p.refused = nil, nil
	a, err := p.login(ctx, &kept, &person)
	p.account = a
	p.mu.Unlock()
	if err != nil {
		return Identity{}, loginError(err)
	}
	out := Identity{User: string(a.UserID), Device: string(a.DeviceID)}
	if fresh && a.DeviceID == old.ID {
		return out, &bot.SendError{Fate: bot.BadAuth, Err: fmt.Errorf("the access token of the config belongs to the old device %s", old.ID),
			Hint: "Give the token of a device that was made for the bot just now, or matrix.password_file."}
	}
	if fresh && old.ID != "" {
		p.logout(ctx, old)
		if err := p.memory.forgetKeys(ctx, old.ID); err != nil {
			return out, err
		}
	}
	if a.vaultErr != nil {
		return out, a.vaultErr
	}
	out.Fingerprint = a.vault.fingerprint()
	exists, verified, err := a.vault.identity(ctx)
	if err != nil {
		return out, fmt.Errorf("ask for the account's cross-signing keys: %w", err)
	}
	switch {
	case !exists:
		if out.RecoveryKey, err = a.vault.found(ctx, p.knownPassword()); err != nil {
			return out, fmt.Errorf("make cross-signing keys: %w", err)
		}
	case !verified && p.config.RecoveryKey.Given():
		err = a.vault.verify(ctx, p.config.RecoveryKey.Reveal())
		if err != nil {
			return out, fmt.Errorf("verify the device with the recovery key: %w", err)
		}
	}
	_, out.Verified, err = a.vault.identity(ctx)
	return out, err
}

// knownPassword is the password that was used for this login; empty when none was.
func (p *Platform) knownPassword() string {
	if p.config.Password.Given() {
		return p.config.Password.Reveal()
	}
	return p.password
}

// Verify signs the device with the keys that a recovery key opens.
func (p *Platform) Verify(ctx context.Context, recovery string) (Identity, error) {
	a, err := p.connect(ctx)
	if err != nil {
		return Identity{}, err
	}
	out := Identity{User: string(a.UserID), Device: string(a.DeviceID)}
	if a.vaultErr != nil {
		return out, a.vaultErr
	}
	if err := a.vault.verify(ctx, recovery); err != nil {
		return out, fmt.Errorf("verify the device with the recovery key: %w", err)
	}
	out.Fingerprint = a.vault.fingerprint()
	_, out.Verified, err = a.vault.identity(ctx)
	return out, err
}

// Identity is the device as other people's clients see it.
type Identity struct {
	User, Device string
	Fingerprint  string
	Verified     bool   // signed by the account's cross-signing keys
	RecoveryKey  string // of cross-signing keys that were just made; to be written down, it is kept nowhere
}

// RecoveryKey is the recovery key of the config; empty when none is given.
func (p *Platform) RecoveryKey() string { return p.config.RecoveryKey.Reveal() }
