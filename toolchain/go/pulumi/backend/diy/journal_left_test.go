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
)

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
