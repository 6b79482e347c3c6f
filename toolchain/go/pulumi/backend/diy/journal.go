package diy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
)

// newSnapshotManager is what records the steps of an operation: in a journal
// beside the state where the backend can have one, else by writing the whole
// state before and after each of them. So it is, too, where the secrets of the
// state are another manager's (a stack file with another salt, say): entries
// would be encrypted by the new one, and all the rest by the old one.
func (b *diyBackend) newSnapshotManager(
	ctx context.Context, ref *diyBackendReference, sm secrets.Manager, base *deploy.Snapshot,
) (engine.SnapshotManager, error) {
	off := b.Env.GetBool(env.DisableJournaling) || b.Env.GetBool(env.SkipCheckpoints)
	if off || !b.hasJournals() || !keepsSecrets(base, sm) {
		return backend.NewSnapshotManager(b.newSnapshotPersister(ctx, ref), sm, base, nil), nil
	}
	return engine.NewJournalSnapshotManager(newStateJournal(ctx, b, ref, sm), base, sm)
}

// keepsSecrets says whether the secrets of a state are encrypted as new ones will be.
func keepsSecrets(base *deploy.Snapshot, sm secrets.Manager) bool {
	if base == nil || base.SecretsManager == nil {
		return true
	}
	before := base.SecretsManager
	return sm != nil && before.Type() == sm.Type() && bytes.Equal(before.State(), sm.State())
}

// stateJournal writes the entries of one operation to a journal: all that wait,
// at once, and each is answered when it is written. Entries that may be elided
// are answered at once, and written with the next one that may not; without such
// a one there is no journal, and the state is written once, at the end.
type stateJournal struct {
	ctx     context.Context // one that no interrupt ends: the state is to be written all the same
	backend *diyBackend
	ref     *diyBackendReference
	secrets secrets.Manager

	mutex   sync.Mutex // guards the four that follow
	queue   []apitype.JournalEntry
	waiting []chan<- error
	failure error // the first write that failed: what comes later may depend on it
	closed  bool

	wake chan struct{}
	done chan struct{}

	// Of the writer alone.
	store  *journalStore // nil before the first entry that has to be kept
	replay *orderedReplay
}

func newStateJournal(
	ctx context.Context, b *diyBackend, ref *diyBackendReference, sm secrets.Manager,
) *stateJournal {
	journal := &stateJournal{
		ctx:     context.WithoutCancel(ctx),
		backend: b,
		ref:     ref,
		secrets: sm,
		wake:    make(chan struct{}, 1),
		done:    make(chan struct{}),
	}
	go journal.serve()
	return journal
}

// AddJournalEntry returns when the entry is kept, or at once if it may be elided.
func (j *stateJournal) AddJournalEntry(entry engine.JournalEntry) error {
	serialized, err := stack.BatchEncrypt(j.ctx, j.secrets,
		func(ctx context.Context, enc config.Encrypter) (apitype.JournalEntry, error) {
			return backend.SerializeJournalEntry(ctx, entry, enc)
		})
	if err != nil {
		return fmt.Errorf("serializing a journal entry: %w", err)
	}
	answer := make(chan error, 1)
	if err := j.enqueue(serialized, answer, entry.ElideWrite); err != nil || entry.ElideWrite {
		return err
	}
	return <-answer
}

func (j *stateJournal) enqueue(entry apitype.JournalEntry, answer chan<- error, elide bool) error {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if j.closed {
		return errors.New("the journal is closed")
	}
	j.queue = append(j.queue, entry) // after a failure, too: it may still get into the state at the end
	if j.failure != nil {
		return j.failure
	}
	if !elide {
		j.waiting = append(j.waiting, answer)
		select {
		case j.wake <- struct{}{}:
		default: // the writer has been woken and will see it
		}
	}
	return nil
}

func (j *stateJournal) serve() {
	defer close(j.done)
	for range j.wake {
		batch, waiting := j.take()
		err := j.write(batch)
		if err != nil {
			j.mutex.Lock()
			j.failure = err
			waiting = append(waiting, j.waiting...)
			j.waiting = nil
			j.mutex.Unlock()
		}
		for _, answer := range waiting {
			answer <- err
		}
		if err != nil {
			return
		}
	}
}

// take empties the queue.
func (j *stateJournal) take() ([]apitype.JournalEntry, []chan<- error) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	batch, waiting := j.queue, j.waiting
	j.queue, j.waiting = nil, nil
	return batch, waiting
}

func (j *stateJournal) write(batch []apitype.JournalEntry) error {
	if len(batch) == 0 {
		return nil
	}
	if err := j.prepare(); err != nil {
		return err
	}
	if j.store == nil {
		store, err := j.backend.beginJournal(j.ctx, j.ref)
		if err != nil {
			return errors.Join(fmt.Errorf("beginning a journal: %w", err), j.replay.add(batch))
		}
		j.store = store
	}
	// What could not be written may get into the state at the end.
	return errors.Join(j.replay.add(batch), j.store.append(j.ctx, batch))
}

// prepare reads the state that the entries are about.
func (j *stateJournal) prepare() error {
	if j.replay != nil {
		return nil
	}
	checkpoint, _, _, err := j.backend.getCheckpoint(j.ctx, j.ref)
	if err != nil {
		return fmt.Errorf("reading the state: %w", err)
	}
	j.replay = newOrderedReplay(checkpoint.Latest)
	return nil
}

// Close writes the state with all that was done, and removes the journal.
func (j *stateJournal) Close() error {
	j.mutex.Lock()
	wasClosed := j.closed
	j.closed = true
	j.mutex.Unlock()
	if wasClosed {
		return nil
	}
	close(j.wake)
	<-j.done
	if errors.Is(j.failure, errJournalTaken) {
		return j.failure
	}
	if err := j.fold(); err != nil {
		return errors.Join(j.failure, err)
	}
	return nil // a write that failed before is made good by this one
}

// fold writes the state with all entries that have come.
func (j *stateJournal) fold() error {
	rest, _ := j.take()
	if err := j.prepare(); err != nil {
		return err
	}
	if err := j.replay.add(rest); err != nil {
		return err
	}
	deployment, err := j.replay.deployment()
	if err != nil {
		return err
	}
	if j.store != nil {
		if err := j.store.held(j.ctx); err != nil {
			return err
		}
	}
	return j.backend.fold(j.ctx, j.ref, j.store, deployment)
}
