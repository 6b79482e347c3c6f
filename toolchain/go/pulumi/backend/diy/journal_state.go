package diy

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"
	"gocloud.dev/gcerrors"
)

// journalFeature is in the list of features of a state that has a journal
// beside it. A Pulumi without journals refuses a state with a feature that it
// does not know, so it never goes on from a state that lacks what the journal has.
const journalFeature = "journal-beside-the-state"

// journalLostVariable lets a state be used whose journal is not there.
const journalLostVariable = "PULUMI_DIY_BACKEND_JOURNAL_LOST"

// schemaWithFeatures is the version of a state that has features.
const schemaWithFeatures = 4

// rereads is how often a state is read again that is written meanwhile.
const rereads = 10

// stateFolds says which states are being written with a journal's entries: the
// stack's file, without what compression appends, and the journal.
type stateFolds struct{ running sync.Map }

func stateHash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func decodeState(content []byte) (*apitype.CheckpointV3, int, []string, error) {
	m := encoding.Compress(encoding.JSON, encoding.DetectCompression(content))
	return stack.UnmarshalVersionedCheckpointToLatestCheckpoint(m, content)
}

// decodeMarkedState is decodeState for a state that has a journal, without the
// mark; false if it has none.
func decodeMarkedState(content []byte) (*apitype.CheckpointV3, int, []string, bool, error) {
	m := encoding.Compress(encoding.JSON, encoding.DetectCompression(content))
	var versioned apitype.VersionedCheckpoint
	if err := m.Unmarshal(content, &versioned); err != nil {
		return nil, 0, nil, false, err
	}
	place := slices.Index(versioned.Features, journalFeature)
	if place < 0 {
		return nil, 0, nil, false, nil
	}
	versioned.Features = slices.Delete(versioned.Features, place, place+1)
	if len(versioned.Features) == 0 {
		versioned.Version, versioned.Features = apitype.DeploymentSchemaVersionCurrent, nil
	}
	plain, err := diyJSONMarshaler.Marshal(versioned)
	if err != nil {
		return nil, 0, nil, false, err
	}
	checkpoint, version, features, err := decodeState(plain)
	return checkpoint, version, features, true, err
}

// throughJournal is the state in a stack's file, with what a journal beside it
// adds: that of an operation which runs, or was killed.
func (b *diyBackend) throughJournal(
	ctx context.Context, ref *diyBackendReference, content []byte,
) (*apitype.CheckpointV3, int, []string, error) {
	for range rereads {
		checkpoint, version, features, err := decodeState(content)
		var unknown *stack.ErrDeploymentUnsupportedFeatures
		if !errors.As(err, &unknown) {
			return checkpoint, version, features, err
		}
		marked := false
		if checkpoint, version, features, marked, err = decodeMarkedState(content); err != nil || !marked {
			return nil, 0, nil, errors.Join(unknown, err)
		}
		stored, err := b.readJournal(ctx, ref, stateHash(content))
		if err == nil {
			return replayed(checkpoint, stored)
		}
		if !errors.Is(err, errNoJournal) {
			return nil, 0, nil, err
		}
		again, err := b.bucket.ReadAll(ctx, b.stackPath(ctx, ref))
		if err != nil {
			return nil, 0, nil, err
		}
		if bytes.Equal(again, content) {
			if os.Getenv(journalLostVariable) != "" {
				return checkpoint, version, features, nil
			}
			return nil, 0, nil, lostJournal(ref, stateHash(content))
		}
		content = again // the operation is over, or another one has begun
	}
	return nil, 0, nil, fmt.Errorf("the state of stack %s is written all the time", ref)
}

func lostJournal(ref *diyBackendReference, base string) error {
	return fmt.Errorf("the state of stack %s has a journal, and that is not there (%s/%s.%s): what it says was created "+
		"is missing in the state. Bring it back; or, to go on without it, set %s=1",
		ref, journalFolder(ref), base, journalOpen, journalLostVariable)
}

func (b *diyBackend) readJournal(ctx context.Context, ref *diyBackendReference, base string) (*storedJournal, error) {
	var stored *storedJournal
	var err error
	for _, status := range []string{journalOpen, journalTaken, journalOpen} { // it may be taken over in between
		stored, err = b.newJournalStore(ref, base, status).read(ctx)
		if !errors.Is(err, errNoJournal) {
			break
		}
	}
	return stored, err
}

func replayed(base *apitype.CheckpointV3, stored *storedJournal) (*apitype.CheckpointV3, int, []string, error) {
	replay := newOrderedReplay(base.Latest)
	if err := replay.add(stored.entries); err != nil {
		return nil, 0, nil, err
	}
	typed, err := replay.deployment()
	if err != nil {
		return nil, 0, nil, err
	}
	base.Latest = typed.Deployment
	return base, typed.Version, typed.Features, nil
}

// beginJournal makes a journal for the state that is there, and marks the state.
func (b *diyBackend) beginJournal(ctx context.Context, ref *diyBackendReference) (*journalStore, error) {
	file := b.stackPath(ctx, ref)
	content, err := b.bucket.ReadAll(ctx, file)
	if err != nil {
		return nil, err
	}
	checkpoint, _, features, err := decodeState(content)
	if err != nil && os.Getenv(journalLostVariable) != "" {
		checkpoint, _, features, _, err = decodeMarkedState(content)
	}
	if err != nil {
		return nil, err
	}
	checkpoint.Stack = ref.FullyQualifiedName() // which a state without resources does not have
	versioned, err := marshalVersionedCheckpoint(schemaWithFeatures, append(features, journalFeature), checkpoint)
	if err != nil {
		return nil, err
	}
	marked, err := encoding.Compress(diyJSONMarshaler, encoding.DetectCompression(content)).Marshal(versioned)
	if err != nil {
		return nil, err
	}
	store := b.newJournalStore(ref, stateHash(marked), journalOpen)
	if err := store.create(ctx); err != nil {
		return nil, err
	}
	backupTarget(ctx, b.bucket, file, true)
	return store, b.writeState(ctx, file, marked)
}

// fold writes a state that has a journal's entries in it, and removes the
// journal; it may be nil. Whenever it is interrupted, either the journal still
// belongs to the state that is there, or it says that it is in it.
func (b *diyBackend) fold(
	ctx context.Context, ref *diyBackendReference, store *journalStore, deployment apitype.TypedDeployment,
) error {
	if store == nil {
		_, err := b.saveStack(ctx, ref, deployment)
		return err
	}
	key := stripCompressionExt(b.stackPath(ctx, ref))
	b.folds.running.Store(key, store)
	defer b.folds.running.Delete(key)
	_, err := b.saveStack(ctx, ref, deployment)
	switch {
	case store.folded: // though it may be a state that is not whole
		return errors.Join(err, store.remove(ctx))
	case err != nil:
		return err
	default: // an interrupt ends saveStack's attempts without an error
		return errors.New("the state could not be written; its journal has everything")
	}
}

// backupBeforeWrite copies a state before it is written, as for any backend;
// not the one that a journal has marked, which was copied before that.
func (b *diyBackend) backupBeforeWrite(ctx context.Context, file string) string {
	if _, folding := b.folds.running.Load(stripCompressionExt(file)); folding {
		return file + ".bak"
	}
	return backupTarget(ctx, b.bucket, file, true)
}

// writeState replaces a state at once and for good.
func (b *diyBackend) writeState(ctx context.Context, file string, content []byte) error {
	folding, found := b.folds.running.Load(stripCompressionExt(file))
	if !found {
		return b.putState(ctx, file, content)
	}
	store := folding.(*journalStore)
	if err := store.noteFold(ctx, stateHash(content)); err != nil {
		return err
	}
	err := b.putState(ctx, file, content)
	store.folded = err == nil
	return err
}

func (b *diyBackend) putState(ctx context.Context, file string, content []byte) error {
	if path, ok := b.localPath(file); ok {
		return writeFileDurably(path, content)
	}
	return b.bucket.WriteAll(ctx, file, content, nil)
}

// foldLeftJournals puts into the state of a stack what operations that were
// killed have left in journals. The caller holds the stack's lock.
func (b *diyBackend) foldLeftJournals(ctx context.Context, stackRef backend.StackReference) error {
	if !b.hasJournals() {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	ref, err := b.getReference(stackRef)
	if err != nil {
		return err
	}
	left, err := b.journals(ctx, ref)
	if err != nil || len(left) == 0 {
		return err
	}
	content, err := b.bucket.ReadAll(ctx, b.stackPath(ctx, ref))
	if err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return err
	}
	current := stateHash(content) // of nothing, where there is no state, which is no journal's either
	for _, store := range left {
		if err := b.foldLeft(ctx, ref, store, content, current); err != nil {
			return err
		}
	}
	return nil
}

func (b *diyBackend) foldLeft(
	ctx context.Context, ref *diyBackendReference, store *journalStore, content []byte, current string,
) error {
	if store.header.Base == current {
		if err := store.move(ctx, journalTaken); err != nil { // nobody else writes it from here on
			return err
		}
	}
	stored, err := store.read(ctx)
	switch {
	case errors.Is(err, errNoJournal):
		return nil
	case err != nil:
		return err
	case store.header.Base == current:
		return b.foldStored(ctx, ref, store, stored, content)
	case len(stored.entries) == 0 || stored.header.Folded == current:
		return store.remove(ctx)
	}
	name, err := store.keep(ctx)
	if err != nil {
		return err
	}
	b.d.Warningf(diag.Message("", "a journal of stack %v is about another state than the one that is there now, which "+
		"somebody has put in its place: it is not used, and kept as %v/%v. What it says was created may exist without "+
		"being in the state."), ref, journalFolder(ref), name)
	return nil
}

func (b *diyBackend) foldStored(
	ctx context.Context, ref *diyBackendReference, store *journalStore, stored *storedJournal, content []byte,
) error {
	checkpoint, _, _, _, err := decodeMarkedState(content)
	if err != nil {
		return err
	}
	replay := newOrderedReplay(checkpoint.Latest)
	if err := replay.add(stored.entries); err != nil {
		return err
	}
	deployment, err := replay.deployment()
	if err != nil {
		return err
	}
	return b.fold(ctx, ref, store, deployment)
}
