package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

type installStream = grpc.ServerStreamingServer[pulumirpc.InstallDependenciesResponse]

// InstallDependencies makes the project's virtual environment, if the project
// names one that is not there, and installs what the program asks for with pip.
func (h *host) InstallDependencies(request *pulumirpc.InstallDependenciesRequest, stream installStream) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	defer context.AfterFunc(h.alive, cancel)()
	install := installation{ctx: ctx, info: request.GetInfo()}
	var lock sync.Mutex // a stream takes one message at a time
	install.stdout = &sender{lock: &lock, send: func(text []byte) error {
		return stream.Send(&pulumirpc.InstallDependenciesResponse{Stdout: text})
	}}
	install.stderr = &sender{lock: &lock, send: func(text []byte) error {
		return stream.Send(&pulumirpc.InstallDependenciesResponse{Stderr: text})
	}}
	return install.run()
}

type installation struct {
	ctx            context.Context
	info           *pulumirpc.ProgramInfo
	stdout, stderr io.Writer
}

func (i installation) run() error {
	if toolchain := option(i.info, "toolchain"); toolchain != "" && toolchain != "pip" {
		return fmt.Errorf("this language host installs with pip, not with %s, which Pulumi.yaml names: run %s itself",
			toolchain, toolchain)
	}
	python, err := i.python()
	if err != nil {
		return err
	}
	wanted := i.wanted()
	if wanted == nil {
		fmt.Fprintln(i.stdout, "Nothing to install: there is neither a requirements.txt nor a pyproject.toml")
		return nil
	}
	fmt.Fprintf(i.stdout, "Installing dependencies of %s for %s\n", wanted[len(wanted)-1], python)
	return i.command(python, append([]string{"-m", "pip", "install", "--disable-pip-version-check"}, wanted...)...)
}

// python is the interpreter of the program, in a virtual environment that is
// made now if the project names one that is not there.
func (i installation) python() (string, error) {
	folder := virtualEnvironment(i.info)
	if folder != "" {
		if _, err := os.Stat(pythonIn(folder)); errors.Is(err, os.ErrNotExist) {
			base, err := interpreter(nil)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(i.stdout, "Creating the virtual environment %s\n", folder)
			if err := i.command(base, "-m", "venv", folder); err != nil {
				return "", err
			}
		}
	}
	return interpreter(i.info)
}

// wanted are pip's arguments for the requirements.txt, else the pyproject.toml,
// of the program's folder, else of those above it, up to the project's; nil if
// there is none.
func (i installation) wanted() []string {
	root := filepath.Clean(i.info.GetRootDirectory())
	for folder := filepath.Clean(i.info.GetProgramDirectory()); ; folder = filepath.Dir(folder) {
		if file := filepath.Join(folder, "requirements.txt"); isFile(file) {
			return []string{"-r", file}
		}
		if isFile(filepath.Join(folder, "pyproject.toml")) {
			return []string{"-e", folder}
		}
		if folder == root || folder == filepath.Dir(folder) {
			return nil
		}
	}
}

func (i installation) command(program string, arguments ...string) error {
	command := exec.CommandContext(i.ctx, program, arguments...)
	command.Dir = i.info.GetProgramDirectory()
	command.Stdout, command.Stderr = i.stdout, i.stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s %s %s: %w", program, arguments[0], arguments[1], err)
	}
	return nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// sender passes on what a command writes, to a stream that two of them share.
type sender struct {
	lock *sync.Mutex
	send func([]byte) error
}

func (s *sender) Write(text []byte) (int, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return len(text), s.send(append([]byte(nil), text...))
}
