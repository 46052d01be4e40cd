// A CSI driver for tests, on one node. Volumes and snapshots are directories, a snapshot and a volume made from one are
// copies, and a volume is published by a bind mount:
//
//	csi-driver ROOT KUBELET_ROOT NODE
//
// It refuses snapshots, in the words of the file ROOT/refuse-snapshots, for as long as there is one.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

const name = "directories.csi.test"

func main() {
	if len(os.Args) != 4 {
		fail(fmt.Errorf("csi-driver ROOT KUBELET_ROOT NODE"))
	}
	root, kubelet, node := os.Args[1], os.Args[2], os.Args[3]
	socket := filepath.Join(kubelet, "plugins", name, "csi.sock")
	d := &driver{root: root, node: node}
	for _, dir := range []string{d.volume(""), d.snapshot("")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			fail(err)
		}
	}

	server := grpc.NewServer(grpc.UnaryInterceptor(log))
	csi.RegisterIdentityServer(server, d)
	csi.RegisterControllerServer(server, d)
	csi.RegisterNodeServer(server, d)
	go serve(server, socket)

	registrar := grpc.NewServer()
	registration.RegisterRegistrationServer(registrar, registrationServer{socket})
	serve(registrar, filepath.Join(kubelet, "plugins_registry", name+"-reg.sock"))
}

func serve(server *grpc.Server, socket string) {
	if err := os.MkdirAll(filepath.Dir(socket), 0o755); err != nil {
		fail(err)
	}
	os.Remove(socket)
	listener, err := net.Listen("unix", socket)
	if err != nil {
		fail(err)
	}
	fail(server.Serve(listener))
}

func log(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	response, err := handle(ctx, request)
	if err != nil {
		fmt.Println(time.Now().Format(time.RFC3339), info.FullMethod, request, status.Convert(err).Message())
	}
	return response, err
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// What node-driver-registrar does: the kubelet finds the driver by this server's socket.
type registrationServer struct{ socket string }

func (r registrationServer) GetInfo(context.Context, *registration.InfoRequest) (*registration.PluginInfo, error) {
	return &registration.PluginInfo{
		Type: registration.CSIPlugin, Name: name, Endpoint: r.socket, SupportedVersions: []string{"1.0.0"},
	}, nil
}

func (r registrationServer) NotifyRegistrationStatus(_ context.Context, s *registration.RegistrationStatus) (*registration.RegistrationStatusResponse, error) {
	if !s.PluginRegistered {
		fail(fmt.Errorf("the kubelet does not register the driver: %s", s.Error))
	}
	return &registration.RegistrationStatusResponse{}, nil
}
