package diy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// Where journals are: in a folder for each stack, each under the hash of the
// state that it is about and a word for what becomes of it.
//
//	.pulumi/journals/PROJECT/STACK/HASH.open         being written
//	.pulumi/journals/PROJECT/STACK/HASH.taken        of a run that is no more, being folded into the state
//	.pulumi/journals/PROJECT/STACK/HASH.kept-TIME    of another state than the one that is there: for a person to look at
//	.pulumi/journal-batches/PROJECT/STACK/HASH-TIME/N  what was written at once, where a journal is no file that grows
const (
	journalOpen  = "open"
	journalTaken = "taken"
	journalKept  = "kept"
)

// journalFormat is the version of what is in a journal.
const journalFormat = 1

var (
	errJournalTaken = errors.New("another Pulumi has taken over the state of this stack, as after `pulumi cancel`: " +
		"what this one was doing is in the state as pending operations")
	errNoJournal = errors.New("there is no such journal")
)

// journalHeader is a journal's first line.
type journalHeader struct {
	Journal int       `json:"journal"`
	Base    string    `json:"base"` // SHA-256 of the state's file that the entries are about
	Pulumi  string    `json:"pulumi"`
	Begun   time.Time `json:"begun"` // tells two journals of the same state apart
	// Folded is the SHA-256 of the state's file that has the entries in it.
	Folded string `json:"folded,omitempty"`
}

// journalBatch is any other line: entries, or in a file that grows, Folded.
type journalBatch struct {
	Entries []apitype.JournalEntry `json:"entries,omitempty"`
	Folded  string                 `json:"folded,omitempty"`
}

// storedJournal is what there is of a journal.
type storedJournal struct {
	header  journalHeader
	entries []apitype.JournalEntry
}

// journalStore keeps one journal of one stack. Nothing is kept in memory that
// another process could not read.
type journalStore struct {
	lines  journalLines
	header journalHeader
	status string
	folded bool // its entries are in the state that is there
}

// journalLines are the operations of a kind of backend on one journal.
type journalLines interface {
	// create makes a journal that is not there yet, with its header.
	create(ctx context.Context, header journalHeader) error
	// append returns when the line is kept for good; errJournalTaken where somebody has taken the journal over, who
	// moves it before he reads it.
	append(ctx context.Context, line []byte) error
	// held is errJournalTaken where the journal has this status no more.
	held(ctx context.Context, status string) error
	// fold notes in which state the entries are; errJournalTaken.
	fold(ctx context.Context, status string, header journalHeader) error
	// read returns the header and the other lines, without what was written only in part; errNoJournal.
	read(ctx context.Context, status string) (journalHeader, [][]byte, error)
	// move gives a journal another status, after which its writer can append no more.
	move(ctx context.Context, from, to string) error
	remove(ctx context.Context, status string) error
}

func (b *diyBackend) newJournalStore(ref *diyBackendReference, base, status string) *journalStore {
	header := journalHeader{Journal: journalFormat, Base: base, Pulumi: version.Version, Begun: time.Now().UTC()}
	if root, ok := b.localFolder(); ok {
		folder := filepath.Join(root, filepath.FromSlash(journalFolder(ref)))
		return &journalStore{lines: &fileLines{folder: folder, base: base}, header: header, status: status}
	}
	lines := &objectLines{
		bucket:  b.bucket,
		header:  path.Join(journalFolder(ref), base),
		batches: path.Join(workspace.BookkeepingDir, "journal-batches", stackKey(ref), base),
	}
	return &journalStore{lines: lines, header: header, status: status}
}

// stackKey is PROJECT/STACK, or STACK in the layout without projects.
func stackKey(ref *diyBackendReference) string {
	return strings.TrimPrefix(filepath.ToSlash(ref.StackBasePath()), filepath.ToSlash(StacksDir)+"/")
}

func journalFolder(ref *diyBackendReference) string {
	return path.Join(workspace.BookkeepingDir, "journals", stackKey(ref))
}

// journals are those of a stack that may have to get into its state.
func (b *diyBackend) journals(ctx context.Context, ref *diyBackendReference) ([]*journalStore, error) {
	files, err := listBucket(ctx, b.bucket, journalFolder(ref))
	if err != nil {
		return nil, fmt.Errorf("looking for journals of stack %s: %w", ref, err)
	}
	var found []*journalStore
	for _, file := range files {
		base, status, _ := strings.Cut(objectName(file), ".")
		if status == journalOpen || status == journalTaken {
			found = append(found, b.newJournalStore(ref, base, status))
		}
	}
	return found, nil
}

func (s *journalStore) create(ctx context.Context) error {
	return s.lines.create(ctx, s.header)
}

func (s *journalStore) append(ctx context.Context, entries []apitype.JournalEntry) error {
	line, err := diyJSONMarshaler.Marshal(journalBatch{Entries: entries})
	if err != nil {
		return fmt.Errorf("encoding journal entries: %w", err)
	}
	return s.lines.append(ctx, line)
}

func (s *journalStore) noteFold(ctx context.Context, state string) error {
	s.header.Folded = state
	return s.lines.fold(ctx, s.status, s.header)
}

func (s *journalStore) move(ctx context.Context, status string) error {
	if err := s.lines.move(ctx, s.status, status); err != nil {
		return err
	}
	s.status = status
	return nil
}

func (s *journalStore) held(ctx context.Context) error {
	return s.lines.held(ctx, s.status)
}

func (s *journalStore) remove(ctx context.Context) error {
	return s.lines.remove(ctx, s.status)
}

// keep gives a journal a name under which it is left alone, and returns it.
func (s *journalStore) keep(ctx context.Context) (string, error) {
	status := fmt.Sprintf("%s-%d", journalKept, s.header.Begun.UnixNano())
	return s.header.Base + "." + status, s.move(ctx, status)
}

func (s *journalStore) read(ctx context.Context) (*storedJournal, error) {
	header, lines, err := s.lines.read(ctx, s.status)
	if err != nil {
		return nil, err
	}
	if header.Journal != journalFormat {
		return nil, fmt.Errorf("journal %s has format %d, this Pulumi reads %d: use the one that wrote it (%s)",
			s.header.Base, header.Journal, journalFormat, header.Pulumi)
	}
	if header.Base != s.header.Base {
		return nil, s.damaged(1, fmt.Errorf("it is about %s", header.Base))
	}
	found := &storedJournal{header: header}
	for place, line := range lines {
		var batch journalBatch
		if err := json.Unmarshal(line, &batch); err != nil {
			return nil, s.damaged(place+2, err)
		}
		found.entries = append(found.entries, batch.Entries...)
		if batch.Folded != "" {
			found.header.Folded = batch.Folded
		}
	}
	s.header = found.header
	return found, nil
}

func (s *journalStore) damaged(line int, err error) error {
	return fmt.Errorf("journal %s is damaged in line %d, so the state that it belongs to is not known: %w",
		s.header.Base, line, err)
}
