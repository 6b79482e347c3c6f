package diy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/engine"
	pkgresource "github.com/pulumi/pulumi/pkg/v3/resource"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/pkg/v3/secrets/b64"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
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

func TestJournalIsReadThroughAndFoldedAtTheEnd(t *testing.T) {
	onEach(t, func(b *bench) {
		journal := b.open()
		b.create(journal, "a", "b", "c")
		b.expect("a b (c)")
		b.must(journal.AddJournalEntry(success(7, 3, "c")))
		read, _, _, err := b.backend.getCheckpoint(b.ctx, b.ref)
		b.must(err)
		b.must(journal.Close())
		written, version, features, err := b.backend.getCheckpoint(b.ctx, b.ref)
		b.must(err)
		if version != 3 || features != nil {
			b.Fatalf("version %d, features %v", version, features)
		}
		read.Latest.Manifest, written.Latest.Manifest = apitype.ManifestV1{}, apitype.ManifestV1{}
		one, _ := diyJSONMarshaler.Marshal(read)
		other, _ := diyJSONMarshaler.Marshal(written)
		if !bytes.Equal(one, other) {
			b.Fatalf("read through the journal:\n%s\nwritten at the end:\n%s", one, other)
		}
		b.clean()
	})
}

func TestJournalOfAKilledOperationIsFoldedByTheNext(t *testing.T) {
	onEach(t, func(b *bench) {
		b.create(b.open(), "a", "b", "c")
		b.must(b.next())
		b.expect("a b (c)")
		b.clean()
		backup, err := b.bucket.ReadAll(b.ctx, b.backend.stackPath(b.ctx, b.ref)+".bak")
		b.must(err)
		if _, _, _, err := decodeState(backup); err != nil {
			b.Fatalf("the backup has a journal: %v", err)
		}
	})
}

func TestStateWithAJournalIsRefusedByAPulumiThatKnowsNone(t *testing.T) {
	onEach(t, func(b *bench) {
		b.create(b.open(), "a", "b")
		_, _, _, err := decodeState(b.stored()) // all that an unchanged Pulumi does
		var unknown *stack.ErrDeploymentUnsupportedFeatures
		if !errors.As(err, &unknown) {
			b.Fatalf("it reads it: %v", err)
		}
	})
}

func TestStepsThatChangeNothingNeedNoJournal(t *testing.T) {
	onEach(t, func(b *bench) {
		journal := b.open()
		same := success(2, 1, "a")
		same.ElideWrite = true
		b.must(journal.AddJournalEntry(same))
		b.clean()
		b.expect("")
		b.must(journal.Close())
		b.expect("a")
		b.clean()
	})
}

func TestStepsThatChangeNothingAreKeptWithTheNextThatDoes(t *testing.T) {
	onEach(t, func(b *bench) {
		journal := b.open()
		same := success(2, 1, "a")
		same.ElideWrite = true
		b.must(journal.AddJournalEntry(same))
		b.must(journal.AddJournalEntry(begin(3, 2, "b")))
		b.expect("a (b)")
	})
}

func TestEntriesCountInTheOrderOfTheirNumbers(t *testing.T) {
	onEach(t, func(b *bench) {
		journal := b.open()
		b.must(journal.AddJournalEntry(success(5, 2, "b")))
		b.must(journal.AddJournalEntry(begin(4, 2, "b")))
		b.must(journal.AddJournalEntry(success(3, 1, "a")))
		b.must(journal.AddJournalEntry(begin(2, 1, "a")))
		b.expect("a b")
		b.must(journal.Close())
		b.expect("a b")
	})
}

func TestLineThatWasWrittenOnlyInPartCountsAsNotWritten(t *testing.T) {
	b := newBench(t, "file")
	b.create(b.open(), "a", "b", "c")
	root, _ := b.backend.localFolder()
	path := filepath.Join(root, ".pulumi/journals/project/dev", b.files()[0])
	content, err := os.ReadFile(path)
	b.must(err)
	lines := bytes.SplitAfter(content, []byte("\n"))
	last := lines[len(lines)-2]
	for _, torn := range []int{1, len(last) / 2, len(last) - 1} {
		b.must(os.WriteFile(path, content[:len(content)-len(last)+torn], 0o600))
		b.expect("a b")
	}
	b.must(os.WriteFile(path, append(bytes.TrimSuffix(content, last), make([]byte, 4096)...), 0o600))
	b.expect("a b")
	b.must(b.next())
	b.expect("a b")
	b.clean()
}

func TestLineThatIsDamagedInTheMiddleStopsEverything(t *testing.T) {
	b := newBench(t, "file")
	b.create(b.open(), "a", "b", "c")
	root, _ := b.backend.localFolder()
	path := filepath.Join(root, ".pulumi/journals/project/dev", b.files()[0])
	content, err := os.ReadFile(path)
	b.must(err)
	b.must(os.WriteFile(path, bytes.Replace(content, []byte(`"kind":0`), []byte(`"kind":"`), 1), 0o600))
	if err := b.next(); err == nil || !strings.Contains(err.Error(), "is damaged in line 2") {
		b.Fatal(err)
	}
	if len(b.files()) != 1 {
		b.Fatal("it is not there any more")
	}
}

func TestObjectThatIsMissingInTheMiddleStopsEverything(t *testing.T) {
	b := newBench(t, "objects")
	b.create(b.open(), "a", "b", "c")
	b.must(b.bucket.Delete(b.ctx, ".pulumi/journal-batches/project/dev/"+b.files()[2]))
	if err := b.next(); !errors.Is(err, errGap) {
		b.Fatal(err)
	}
}

func TestMoreObjectsThanAreReadAtATime(t *testing.T) {
	b := newBench(t, "objects")
	var names []string
	for number := range 2*readers + 3 {
		names = append(names, fmt.Sprint("t", number))
	}
	b.create(b.open(), names...)
	last := len(names) - 1
	all := strings.Join(names[:last], " ") + " (" + names[last] + ")"
	b.expect(all)
	b.must(b.next())
	b.expect(all)
	b.clean()
}

func TestJournalOfAnotherStateIsKeptAsideAndNeverReplayed(t *testing.T) {
	onEach(t, func(b *bench) {
		before := b.stored()
		b.create(b.open(), "a", "b", "c")
		b.must(b.bucket.WriteAll(b.ctx, b.backend.stackPath(b.ctx, b.ref), before, nil)) // somebody brings it back
		b.expect("")
		b.must(b.next())
		b.expect("")
		if kept := b.files()[0]; !strings.Contains(kept, ".kept-") || !strings.Contains(b.said.String(), kept) {
			b.Fatalf("kept %v, said %s", b.files(), b.said)
		}
		b.said.Reset()
		b.must(b.next())
		if b.said.Len() > 0 {
			b.Fatal("it is said once")
		}
		journal := b.open() // and a journal of the same state again
		b.create(journal, "x", "y")
		b.expect("x (y)")
		b.must(journal.Close())
		b.expect("x (y)")
	})
}

func TestStateWhoseJournalIsGoneIsRefusedUntilThatIsAccepted(t *testing.T) {
	onEach(t, func(b *bench) {
		b.create(b.open(), "a", "b")
		for _, name := range []string{"journals", "journal-batches"} {
			for _, file := range b.files() {
				_ = b.bucket.Delete(b.ctx, ".pulumi/"+name+"/project/dev/"+file)
			}
		}
		_, _, _, err := b.backend.getCheckpoint(b.ctx, b.ref)
		if err == nil || !strings.Contains(err.Error(), journalLostVariable) {
			b.Fatal(err)
		}
		b.Setenv(journalLostVariable, "1")
		b.expect("")
		journal := b.open()
		b.create(journal, "x", "y")
		b.expect("x (y)")
		b.must(journal.Close())
		os.Unsetenv(journalLostVariable)
		b.expect("x (y)")
	})
}

func TestAfterACancelTheFirstIsToldAndWritesNoMore(t *testing.T) {
	onEach(t, func(b *bench) {
		first := b.open()
		b.create(first, "a", "b", "c")
		b.must(b.next())
		b.expect("a b (c)")
		if err := first.AddJournalEntry(success(7, 3, "c")); !errors.Is(err, errJournalTaken) {
			b.Fatal(err)
		}
		if err := first.Close(); !errors.Is(err, errJournalTaken) {
			b.Fatal(err)
		}
		b.expect("a b (c)")
	})
}

func TestAfterACancelWithoutAnotherStepTheFirstDoesNotWriteItsState(t *testing.T) {
	onEach(t, func(b *bench) {
		first := b.open()
		b.create(first, "a", "b")
		b.must(b.next())
		second := b.open()
		b.create(second, "x", "y")
		if err := first.Close(); !errors.Is(err, errJournalTaken) {
			b.Fatal(err)
		}
		b.must(second.Close())
		b.expect("x a (b) (y)")
	})
}

func TestWriteThatFailsIsToldAndMadeGoodAtTheEnd(t *testing.T) {
	b := newBench(t, "objects")
	journal := b.open()
	b.create(journal, "a", "b")
	b.bucket.fail = "journal-batches"
	if err := journal.AddJournalEntry(success(5, 2, "b")); !errors.Is(err, errBroken) {
		b.Fatal(err)
	}
	if err := journal.AddJournalEntry(begin(6, 3, "c")); !errors.Is(err, errBroken) {
		b.Fatal(err)
	}
	b.expect("a (b)")
	b.bucket.fail = ""
	b.must(journal.Close())
	b.expect("a b (c)")
}

func TestJournalThatIsInTheStateAlreadyGoesWithoutAWord(t *testing.T) {
	b := newBench(t, "file")
	journal := b.open()
	b.create(journal, "a", "b", "c")
	root, _ := b.backend.localFolder()
	path := filepath.Join(root, ".pulumi/journals/project/dev", b.files()[0])
	content, err := os.ReadFile(path)
	b.must(err)
	note := func(hash string) []byte { return fmt.Appendf(bytes.Clone(content), `{"folded":"%s"}`+"\n", hash) }
	b.must(os.WriteFile(path, note("the state that was to be written"), 0o600)) // killed before it was
	b.expect("a b (c)")
	b.must(b.next())
	b.expect("a b (c)")
	b.clean()
	b.must(os.MkdirAll(filepath.Dir(path), 0o700))
	b.must(os.WriteFile(path, note(stateHash(b.stored())), 0o600)) // killed when it was
	b.must(b.next())
	b.expect("a b (c)")
	b.clean()
}

// TestFoldThatIsInterrupted kills the last write at each of its steps.
func TestFoldThatIsInterrupted(t *testing.T) {
	for _, where := range []string{".open", "stacks/project/dev.json", "journal-batches"} {
		t.Run(where, func(t *testing.T) {
			b := newBench(t, "objects")
			journal := b.open()
			b.create(journal, "a", "b", "c")
			deployment, err := journal.replay.deployment()
			b.must(err)
			b.bucket.fail = where
			ctx, cancel := context.WithCancel(b.ctx)
			cancel() // ends the attempts to write the state
			if err := b.backend.fold(ctx, b.ref, journal.store, deployment); err == nil {
				b.Fatal("it was not interrupted")
			}
			b.bucket.fail = ""
			b.expect("a b (c)")
			b.must(b.next())
			b.expect("a b (c)")
			b.clean()
		})
	}
}
