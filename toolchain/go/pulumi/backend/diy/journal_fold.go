package diy

import (
	"context"
	"errors"
	"os"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"
	"gocloud.dev/gcerrors"
)

// schemaWithFeatures is the version of a state that has features.
const schemaWithFeatures = 4

// stateFolds says which states are being written with a journal's entries: the
// stack's file, without what compression appends, and the journal.
type stateFolds struct{ running sync.Map }

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
	if err := b.writeState(ctx, file, marked); err != nil {
		return nil, err
	}
	backupTarget(ctx, b.bucket, file, true) // with which the journal still counts, if something happens to the state
	return store, nil
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
		return errors.Join(err, b.endJournal(ctx, ref, store))
	case err != nil:
		return err
	default: // an interrupt ends saveStack's attempts without an error
		return errors.New("the state could not be written; its journal has everything")
	}
}

// endJournal removes a journal whose entries are in the state. The state's backup
// was of one that needs the journal.
func (b *diyBackend) endJournal(ctx context.Context, ref *diyBackendReference, store *journalStore) error {
	backupTarget(ctx, b.bucket, b.stackPath(ctx, ref), true)
	return store.remove(ctx)
}

// backupBeforeWrite copies a state before it is written, as for any backend;
// not the one that a journal has marked, which was copied then.
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
	case stored.header.Folded == current:
		return b.endJournal(ctx, ref, store)
	case len(stored.entries) == 0:
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
