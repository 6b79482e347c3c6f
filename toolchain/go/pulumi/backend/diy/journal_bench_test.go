package diy

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/engine"
	pkgresource "github.com/pulumi/pulumi/pkg/v3/resource"
	"github.com/pulumi/pulumi/pkg/v3/secrets/b64"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"
)

// bench is a stack on a backend, of which writes can be made to fail.
type bench struct {
	*testing.T
	ctx     context.Context
	backend *diyBackend
	ref     *diyBackendReference
	bucket  *failingBucket
	said    *bytes.Buffer
}

// failingBucket fails the writes and copies of keys that have a text in them.
type failingBucket struct {
	Bucket
	fail string
}

var errBroken = errors.New("broken")

func (f *failingBucket) WriteAll(ctx context.Context, key string, content []byte, o *blob.WriterOptions) error {
	if f.fail != "" && strings.Contains(key, f.fail) {
		return errBroken
	}
	return f.Bucket.WriteAll(ctx, key, content, o)
}

func (f *failingBucket) Delete(ctx context.Context, key string) error {
	if f.fail != "" && strings.Contains(key, f.fail) {
		return errBroken
	}
	return f.Bucket.Delete(ctx, key)
}

// onEach runs a test with a journal in a file and with one in objects.
func onEach(t *testing.T, test func(b *bench)) {
	for _, kind := range []string{"file", "objects"} {
		t.Run(kind, func(t *testing.T) { test(newBench(t, kind)) })
	}
}

func newBench(t *testing.T, kind string) *bench {
	ctx := context.Background()
	said := &bytes.Buffer{}
	sink := diag.DefaultSink(said, said, diag.FormatOptions{Color: colors.Never})
	b, err := newDIYBackend(ctx, sink, "file://"+filepath.ToSlash(t.TempDir()), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	bucket := &failingBucket{Bucket: b.bucket}
	if kind == "objects" {
		b.url = "s3://bucket"
		bucket.Bucket = &wrappedBucket{memblob.OpenBucket(nil)}
		b.store = newProjectReferenceStore(bucket, b.currentProject.Load)
	}
	b.bucket = bucket
	ref, err := b.parseStackReference("organization/project/dev")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.CreateStack(ctx, ref, "", nil, nil); err != nil {
		t.Fatal(err)
	}
	return &bench{t, ctx, b, ref, bucket, said}
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// open begins an operation whose steps are numbered by its caller.
func (b *bench) open() *stateJournal {
	journal := newStateJournal(b.ctx, b.backend, b.ref, b64.NewBase64SecretsManager())
	b.must(journal.AddJournalEntry(engine.JournalEntry{
		Kind: engine.JournalEntrySecretsManager, SequenceID: 1, SecretsManager: b64.NewBase64SecretsManager(), ElideWrite: true,
	}))
	return journal
}

func thing(name string) *pkgresource.State {
	urn := resource.NewURN("dev", "project", "", tokens.Type("test:index:Thing"), name)
	return &pkgresource.State{
		Type: "test:index:Thing", URN: urn, Custom: true, ID: resource.ID("id-" + name),
		Inputs:  resource.PropertyMap{"name": resource.NewProperty(name), "number": resource.NewProperty(1.5)},
		Outputs: resource.PropertyMap{"hush": resource.MakeSecret(resource.NewProperty("hush " + name))},
	}
}

func begin(sequence, operation int64, name string) engine.JournalEntry {
	creating := pkgresource.NewOperation(thing(name), pkgresource.OperationTypeCreating)
	return engine.JournalEntry{
		Kind: engine.JournalEntryBegin, SequenceID: sequence, OperationID: operation, Operation: &creating,
	}
}

func success(sequence, operation int64, name string) engine.JournalEntry {
	return engine.JournalEntry{
		Kind: engine.JournalEntrySuccess, SequenceID: sequence, OperationID: operation, State: thing(name),
	}
}

// create makes things, the last of which is only begun.
func (b *bench) create(journal *stateJournal, names ...string) {
	b.Helper()
	for place, name := range names {
		number := int64(place + 1)
		b.must(journal.AddJournalEntry(begin(2*number, number, name)))
		if place < len(names)-1 {
			b.must(journal.AddJournalEntry(success(2*number+1, number, name)))
		}
	}
}

// state is what any command reads: names of things, and in brackets those whose creation is pending.
func (b *bench) state() string {
	b.Helper()
	checkpoint, _, _, err := b.backend.getCheckpoint(b.ctx, b.ref)
	b.must(err)
	if checkpoint.Latest == nil {
		return ""
	}
	var names []string
	for _, one := range checkpoint.Latest.Resources {
		names = append(names, one.URN.Name())
	}
	for _, one := range checkpoint.Latest.PendingOperations {
		names = append(names, "("+one.Resource.URN.Name()+")")
	}
	return strings.Join(names, " ")
}

func (b *bench) expect(state string) {
	b.Helper()
	if found := b.state(); found != state {
		b.Fatalf("the state has %q, not %q", found, state)
	}
}

func (b *bench) stored() []byte {
	content, err := b.bucket.ReadAll(b.ctx, b.backend.stackPath(b.ctx, b.ref))
	b.must(err)
	return content
}

// files are the keys of all there is of journals, without their folder.
func (b *bench) files() (found []string) {
	for _, folder := range []string{".pulumi/journals/", ".pulumi/journal-batches/"} {
		list := b.bucket.List(&blob.ListOptions{Prefix: folder})
		for object, err := list.Next(b.ctx); err == nil; object, err = list.Next(b.ctx) {
			found = append(found, strings.TrimPrefix(object.Key, folder+"project/dev/"))
		}
	}
	return found
}

// next is another process that takes the stack's lock, and gives it back.
func (b *bench) next() error {
	err := b.backend.Lock(b.ctx, b.ref)
	if err == nil {
		b.backend.Unlock(b.ctx, b.ref)
	}
	return err
}

func (b *bench) clean() {
	b.Helper()
	if left := b.files(); len(left) > 0 {
		b.Fatalf("left: %v", left)
	}
	if _, _, _, err := decodeState(b.stored()); err != nil {
		b.Fatalf("the state is not what any Pulumi reads: %v", err)
	}
	if b.said.Len() > 0 {
		b.Fatalf("said: %s", b.said)
	}
}
