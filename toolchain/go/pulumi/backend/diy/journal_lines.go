package diy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"gocloud.dev/gcerrors"
)

// fileLines is a journal in one file that grows, of which every line is synced.
type fileLines struct {
	folder, base string
	file         *os.File
	whole        int64 // bytes that are whole lines
}

func (f *fileLines) path(status string) string {
	return filepath.Join(f.folder, f.base+"."+status)
}

func (f *fileLines) create(_ context.Context, header journalHeader) error {
	line, err := json.Marshal(header)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.folder, 0o777); err != nil {
		return err
	}
	file, err := os.OpenFile(f.path(journalOpen), os.O_CREATE|os.O_EXCL|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	f.file = file
	return errors.Join(f.put(line), syncFolder(f.folder))
}

func (f *fileLines) put(line []byte) error {
	written, err := f.file.Write(append(line, '\n'))
	if err == nil {
		err = f.file.Sync()
	}
	if err != nil { // a part of a line must not become the begin of another one
		if left := f.file.Truncate(f.whole); left != nil {
			return errors.Join(err, left, f.file.Close())
		}
		return err
	}
	f.whole += int64(written)
	return nil
}

func (f *fileLines) append(ctx context.Context, line []byte) error {
	if err := f.put(line); err != nil {
		return err
	}
	return f.held(ctx, journalOpen)
}

func (f *fileLines) held(_ context.Context, status string) error {
	_, err := os.Stat(f.path(status))
	if errors.Is(err, os.ErrNotExist) {
		return errJournalTaken
	}
	return err
}

func (f *fileLines) fold(ctx context.Context, status string, header journalHeader) error {
	if err := f.held(ctx, status); err != nil {
		return err
	}
	if f.file == nil {
		file, err := os.OpenFile(f.path(status), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		info, err := file.Stat()
		if err != nil {
			return err
		}
		f.file, f.whole = file, info.Size()
	}
	line, err := json.Marshal(journalBatch{Folded: header.Folded})
	if err != nil {
		return err
	}
	return f.put(line)
}

func (f *fileLines) read(_ context.Context, status string) (header journalHeader, _ [][]byte, _ error) {
	content, err := os.ReadFile(f.path(status))
	if errors.Is(err, os.ErrNotExist) {
		return header, nil, errNoJournal
	}
	if err != nil {
		return header, nil, err
	}
	lines := bytes.SplitAfter(content, []byte("\n"))
	lines = lines[:len(lines)-1] // empty, or written only in part, and then nobody was told that it is kept
	if len(lines) == 0 {
		return header, nil, errNoJournal
	}
	err = json.Unmarshal(lines[0], &header)
	return header, lines[1:], err
}

func (f *fileLines) move(_ context.Context, from, to string) error {
	if err := os.Rename(f.path(from), f.path(to)); err != nil {
		return err
	}
	if err := dropPartialLine(f.path(to)); err != nil {
		return err
	}
	return syncFolder(f.folder)
}

// dropPartialLine: a part of a line must not become the begin of another one.
func dropPartialLine(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	whole := bytes.LastIndexByte(content, '\n') + 1
	if whole == len(content) {
		return nil
	}
	return os.Truncate(path, int64(whole))
}

func (f *fileLines) remove(_ context.Context, status string) error {
	if f.file != nil {
		f.file.Close()
	}
	if err := os.Remove(f.path(status)); err != nil {
		return err
	}
	_ = os.Remove(f.folder) // unless another journal is kept in it
	return nil
}

// objectLines is a journal in a header, and an object or row for each line.
type objectLines struct {
	bucket  Bucket
	header  string // key, without its status
	batches string // folder, without the header's time
	begun   int64  // that time, once it is known
	count   int
}

var errGap = errors.New("an object of the journal is missing")

// readers is how many objects are read or deleted at a time.
const readers = 16

func (o *objectLines) key(number int) string {
	return fmt.Sprintf("%s-%d/%07d", o.batches, o.begun, number)
}

func (o *objectLines) create(ctx context.Context, header journalHeader) error {
	line, err := json.Marshal(header)
	if err != nil {
		return err
	}
	o.begun = header.Begun.UnixNano()
	key := o.header + "." + journalOpen
	exists, err := o.bucket.Exists(ctx, key)
	if err != nil {
		return err
	}
	if exists {
		return fmt.Errorf("%s: %w", key, os.ErrExist)
	}
	return o.bucket.WriteAll(ctx, key, line, nil)
}

func (o *objectLines) append(ctx context.Context, line []byte) error {
	if err := o.bucket.WriteAll(ctx, o.key(o.count+1), line, nil); err != nil {
		return err
	}
	o.count++
	return o.held(ctx, journalOpen)
}

func (o *objectLines) held(ctx context.Context, status string) error {
	exists, err := o.bucket.Exists(ctx, o.header+"."+status)
	if err == nil && !exists {
		return errJournalTaken
	}
	return err
}

func (o *objectLines) fold(ctx context.Context, status string, header journalHeader) error {
	if err := o.held(ctx, status); err != nil {
		return err
	}
	line, err := json.Marshal(header)
	if err != nil {
		return err
	}
	return o.bucket.WriteAll(ctx, o.header+"."+status, line, nil)
}

func (o *objectLines) read(ctx context.Context, status string) (header journalHeader, lines [][]byte, _ error) {
	content, err := o.bucket.ReadAll(ctx, o.header+"."+status)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return header, nil, errNoJournal
	}
	if err != nil {
		return header, nil, err
	}
	if err := json.Unmarshal(content, &header); err != nil {
		return header, nil, err
	}
	o.begun = header.Begun.UnixNano()
	for more := true; more; {
		var found [][]byte
		found, more, err = o.readSome(ctx, len(lines)+1)
		if errors.Is(err, errGap) && header.Folded != "" {
			break // it is being removed
		}
		if err != nil {
			return header, nil, err
		}
		lines = append(lines, found...)
	}
	o.count = len(lines)
	return header, lines, nil
}

// readSome reads up to `readers` objects from a number on, and says whether
// there may be more.
func (o *objectLines) readSome(ctx context.Context, first int) ([][]byte, bool, error) {
	var found [readers][]byte
	var failed [readers]error
	var all sync.WaitGroup
	for place := range found {
		all.Add(1)
		go func() {
			defer all.Done()
			found[place], failed[place] = o.bucket.ReadAll(ctx, o.key(first+place))
		}()
	}
	all.Wait()
	end := readers
	for place, err := range failed {
		switch {
		case gcerrors.Code(err) == gcerrors.NotFound:
			end = min(end, place)
		case err != nil:
			return nil, false, err
		case place > end:
			return nil, false, fmt.Errorf("%w: %s", errGap, o.key(first+end))
		}
	}
	return found[:end], end == readers, nil
}

func (o *objectLines) move(ctx context.Context, from, to string) error {
	if from == to {
		return nil
	}
	if err := o.bucket.Copy(ctx, o.header+"."+to, o.header+"."+from, nil); err != nil {
		return err
	}
	return o.bucket.Delete(ctx, o.header+"."+from)
}

// remove deletes the header last: while it is there, what is left of the rest
// can be found.
func (o *objectLines) remove(ctx context.Context, status string) error {
	limit := make(chan struct{}, readers)
	failed := make([]error, o.count)
	var all sync.WaitGroup
	for number := o.count; number > 0; number-- {
		all.Add(1)
		limit <- struct{}{}
		go func() {
			defer all.Done()
			failed[number-1] = o.bucket.Delete(ctx, o.key(number))
			<-limit
		}()
	}
	all.Wait()
	if err := errors.Join(failed...); err != nil {
		return err
	}
	return o.bucket.Delete(ctx, o.header+"."+status)
}
