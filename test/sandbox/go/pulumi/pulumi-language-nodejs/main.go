// Runs Node programs for the Pulumi CLI: the part of Pulumi's own language host for Node that a run needs.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// The program has said on its own what went wrong (cmd/run/index.ts of the SDK for Node).
const exitAfterLogging = 32

func main() {
	// The last argument is the engine's address.
	engine := os.Args[len(os.Args)-1]
	ctx, end := context.WithCancel(context.Background())
	// It ends with the engine, however that ends.
	if err := rpcutil.Healthcheck(ctx, engine, 5*time.Second, end); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: canceled(ctx),
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, &host{engine: engine})
			return nil
		},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(handle.Port)
	<-handle.Done
}

func canceled(ctx context.Context) chan bool {
	channel := make(chan bool)
	go func() {
		<-ctx.Done()
		close(channel)
	}()
	return channel
}

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	engine string
}

func (h *host) Handshake(
	_ context.Context, request *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	h.engine = request.EngineAddress
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version.Version}, nil
}

// Plugins are looked up on PATH when a resource needs them.
func (h *host) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (h *host) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	runner, err := findRunner(request.Pwd)
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(request.Config)
	if err != nil {
		return nil, err
	}
	secretKeys, err := json.Marshal(append([]string{}, request.ConfigSecretKeys...))
	if err != nil {
		return nil, err
	}
	program := exec.CommandContext(ctx, "node", append([]string{runner}, h.flags(request)...)...)
	program.Dir = request.Pwd
	program.Stdout, program.Stderr = os.Stdout, os.Stderr
	program.Env = append(os.Environ(),
		"PULUMI_CONFIG="+string(config),
		"PULUMI_CONFIG_SECRET_KEYS="+string(secretKeys),
		"PULUMI_NODEJS_TYPESCRIPT="+strconv.FormatBool(usesTypeScript(request.Info)),
	)
	var exit *exec.ExitError
	switch err := program.Run(); {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case !errors.As(err, &exit):
		return nil, err
	case exit.ExitCode() == exitAfterLogging:
		return &pulumirpc.RunResponse{Bail: true}, nil
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program ended: %s", exit)}, nil
	}
}

func (h *host) flags(request *pulumirpc.RunRequest) []string {
	flags := []string{
		"--monitor", request.MonitorAddress,
		"--engine", h.engine,
		"--organization", request.Organization,
		"--project", request.Project,
		"--stack", request.Stack,
		"--root-directory", request.Info.GetRootDirectory(),
		"--pwd", request.Pwd,
		"--parallel", strconv.Itoa(int(request.Parallel)),
	}
	if request.DryRun {
		flags = append(flags, "--dry-run")
	}
	return append(append(flags, request.Info.GetEntryPoint()), request.Args...)
}

// The SDK that the program has installed, looked up as Node does.
func findRunner(directory string) (string, error) {
	for at := directory; ; at = filepath.Dir(at) {
		runner := filepath.Join(at, "node_modules", "@pulumi", "pulumi", "cmd", "run")
		if _, err := os.Stat(runner); err == nil {
			return runner, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%s has no @pulumi/pulumi: install it there", directory)
		}
	}
}

// Pulumi.yaml's `runtime.options.typescript`, which is true unless it says otherwise.
func usesTypeScript(info *pulumirpc.ProgramInfo) bool {
	if value, said := info.GetOptions().GetFields()["typescript"]; said {
		return value.GetBoolValue()
	}
	return true
}
