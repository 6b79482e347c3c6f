package diy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"

	"gocloud.dev/gcerrors"
)

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
