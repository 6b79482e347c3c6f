package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// explained is the exit code of a program that has told the user what is wrong.
const explained = 32

// program is the command that runs the requested program and dies with ctx.
func (h *host) program(ctx context.Context, request *pulumirpc.RunRequest) (*exec.Cmd, error) {
	python, err := interpreter(request.GetInfo())
	if err != nil {
		return nil, err
	}
	configuration, err := configuration(request)
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, python, h.arguments(request)...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	path := filepath.Dir(python) + string(os.PathListSeparator) + os.Getenv("PATH")
	command.Env = append(append(os.Environ(), configuration...), "PATH="+path)
	return command, nil
}

// interpreter is the python of the project's virtualenv option, else the one
// named by PULUMI_PYTHON_CMD, else python3.
func interpreter(info *pulumirpc.ProgramInfo) (string, error) {
	environment := virtualEnvironment(info)
	if environment == "" {
		if named := os.Getenv("PULUMI_PYTHON_CMD"); named != "" {
			return exec.LookPath(named)
		}
		return exec.LookPath("python3")
	}
	python := pythonIn(environment)
	if _, err := os.Stat(python); err != nil {
		return "", fmt.Errorf("the virtualenv of Pulumi.yaml has no Python (`pulumi install` makes it): %w", err)
	}
	return python, nil
}

// virtualEnvironment is the folder of the project's virtualenv option, or empty.
func virtualEnvironment(info *pulumirpc.ProgramInfo) string {
	folder := option(info, "virtualenv")
	if folder == "" || filepath.IsAbs(folder) {
		return folder
	}
	return filepath.Join(info.GetRootDirectory(), folder)
}

func pythonIn(environment string) string {
	return filepath.Join(environment, "bin", "python")
}

// option is a runtime option of Pulumi.yaml, or empty.
func option(info *pulumirpc.ProgramInfo, name string) string {
	return info.GetOptions().GetFields()[name].GetStringValue()
}

// configuration carries the stack's settings. The program wants {} and [] where
// the request, having none, says null.
func configuration(request *pulumirpc.RunRequest) ([]string, error) {
	values, secretKeys := request.GetConfig(), request.GetConfigSecretKeys()
	if values == nil {
		values = map[string]string{}
	}
	if secretKeys == nil {
		secretKeys = []string{}
	}
	config, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	keys, err := json.Marshal(secretKeys)
	if err != nil {
		return nil, err
	}
	return []string{"PULUMI_CONFIG=" + string(config), "PULUMI_CONFIG_SECRET_KEYS=" + string(keys)}, nil
}

func (h *host) arguments(request *pulumirpc.RunRequest) []string {
	info := request.GetInfo()
	arguments := []string{
		h.executor,
		"--monitor", request.GetMonitorAddress(),
		"--engine", h.engine,
		"--project", request.GetProject(),
		"--root_directory", info.GetRootDirectory(),
		"--stack", request.GetStack(),
		"--pwd", request.GetPwd(),
		"--parallel", fmt.Sprint(request.GetParallel()),
		"--organization", request.GetOrganization(),
	}
	if request.GetDryRun() {
		arguments = append(arguments, "--dry_run", "true")
	}
	arguments = append(arguments, filepath.Join(info.GetProgramDirectory(), info.GetEntryPoint()))
	return append(arguments, request.GetArgs()...)
}

// outcome says how a program ended.
func outcome(err error) *pulumirpc.RunResponse {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}
	case errors.As(err, &exit) && exit.ExitCode() == explained:
		return &pulumirpc.RunResponse{Bail: true}
	default:
		return &pulumirpc.RunResponse{Error: "the program failed: " + err.Error()}
	}
}
