package diy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
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
