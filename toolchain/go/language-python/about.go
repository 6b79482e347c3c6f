package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// describe.py prints the interpreter that runs it, and what is installed for it.
//
//go:embed describe.py
var describeScript string

// description is what describe.py prints.
type description struct {
	Executable   string
	Version      string
	Dependencies []*pulumirpc.DependencyInfo
}

// About says which Python runs the program, for `pulumi about`.
func (h *host) About(ctx context.Context, request *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	found, err := describe(ctx, request.GetInfo(), false)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{Executable: found.Executable, Version: found.Version}, nil
}

// GetProgramDependencies names the distributions that are installed for the
// program: those that no other one needs, or all of them.
func (h *host) GetProgramDependencies(
	ctx context.Context, request *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	found, err := describe(ctx, request.GetInfo(), request.GetTransitiveDependencies())
	if err != nil {
		return nil, err
	}
	return &pulumirpc.GetProgramDependenciesResponse{Dependencies: found.Dependencies}, nil
}

func describe(ctx context.Context, info *pulumirpc.ProgramInfo, transitive bool) (*description, error) {
	python, err := interpreter(info)
	if err != nil {
		return nil, err
	}
	arguments := []string{"-c", describeScript}
	if transitive {
		arguments = append(arguments, "--all")
	}
	command := exec.CommandContext(ctx, python, arguments...)
	command.Dir = info.GetProgramDirectory()
	printed, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("asking %s what is installed: %w", python, withLastLine(err))
	}
	found := &description{}
	return found, json.Unmarshal(printed, found)
}

// withLastLine adds the last line that a failed command wrote to its standard error.
func withLastLine(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		lines := strings.Split(string(bytes.TrimSpace(exit.Stderr)), "\n")
		return fmt.Errorf("%w: %s", err, lines[len(lines)-1])
	}
	return err
}
