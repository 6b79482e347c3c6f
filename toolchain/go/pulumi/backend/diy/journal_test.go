package diy

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

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
	})
}

func TestBackupOfAStateIsWorthAsMuchWithAndWithoutJournal(t *testing.T) {
	onEach(t, func(b *bench) {
		file := b.backend.stackPath(b.ctx, b.ref)
		restore := func() { // of a state to which something has happened
			b.Helper()
			backup, err := b.bucket.ReadAll(b.ctx, file+".bak")
			b.must(err)
			b.must(b.bucket.WriteAll(b.ctx, file, backup, nil))
		}
		journal := b.open()
		b.create(journal, "a", "b", "c")
		restore()
		b.expect("a b (c)")
		b.must(journal.Close())
		restore()
		b.expect("a b (c)")
		b.clean()
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
