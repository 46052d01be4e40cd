package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

type driver struct {
	csi.UnimplementedIdentityServer
	csi.UnimplementedControllerServer
	csi.UnimplementedNodeServer
	root, node string
}

func (d *driver) volume(id string) string { return filepath.Join(d.root, "volumes", id) }

func (d *driver) snapshot(id string) string { return filepath.Join(d.root, "snapshots", id) }

// The id of a snapshot's volume stands in a file beside the snapshot.
func (d *driver) sourceFile(id string) string { return filepath.Join(d.root, "sources", id) }

func (d *driver) GetPluginInfo(context.Context, *csi.GetPluginInfoRequest) (*csi.GetPluginInfoResponse, error) {
	return &csi.GetPluginInfoResponse{Name: name, VendorVersion: "1"}, nil
}

func (d *driver) GetPluginCapabilities(context.Context, *csi.GetPluginCapabilitiesRequest) (*csi.GetPluginCapabilitiesResponse, error) {
	service := &csi.PluginCapability_Service{Type: csi.PluginCapability_Service_CONTROLLER_SERVICE}
	return &csi.GetPluginCapabilitiesResponse{Capabilities: []*csi.PluginCapability{
		{Type: &csi.PluginCapability_Service_{Service: service}},
	}}, nil
}

func (d *driver) Probe(context.Context, *csi.ProbeRequest) (*csi.ProbeResponse, error) {
	return &csi.ProbeResponse{}, nil
}

func (d *driver) ControllerGetCapabilities(context.Context, *csi.ControllerGetCapabilitiesRequest) (*csi.ControllerGetCapabilitiesResponse, error) {
	response := &csi.ControllerGetCapabilitiesResponse{}
	for _, capability := range []csi.ControllerServiceCapability_RPC_Type{
		csi.ControllerServiceCapability_RPC_CREATE_DELETE_VOLUME,
		csi.ControllerServiceCapability_RPC_CREATE_DELETE_SNAPSHOT,
		csi.ControllerServiceCapability_RPC_LIST_SNAPSHOTS,
	} {
		rpc := &csi.ControllerServiceCapability_RPC{Type: capability}
		response.Capabilities = append(response.Capabilities, &csi.ControllerServiceCapability{
			Type: &csi.ControllerServiceCapability_Rpc{Rpc: rpc},
		})
	}
	return response, nil
}

func (d *driver) CreateVolume(_ context.Context, request *csi.CreateVolumeRequest) (*csi.CreateVolumeResponse, error) {
	id, source := request.Name, request.GetVolumeContentSource()
	if !exists(d.volume(id)) {
		if err := d.fill(id, source); err != nil {
			return nil, err
		}
	}
	return &csi.CreateVolumeResponse{Volume: &csi.Volume{
		VolumeId: id, CapacityBytes: request.GetCapacityRange().GetRequiredBytes(), ContentSource: source,
	}}, nil
}

func (d *driver) fill(id string, source *csi.VolumeContentSource) error {
	if snapshot := source.GetSnapshot(); snapshot != nil {
		return copyDirectory(d.snapshot(snapshot.SnapshotId), d.volume(id))
	}
	if source != nil {
		return status.Error(codes.InvalidArgument, "volumes are made from snapshots only")
	}
	if err := os.Mkdir(d.volume(id), 0o777); err != nil {
		return err
	}
	// Containers run as whoever they want to, and the umask is not theirs.
	return os.Chmod(d.volume(id), 0o777)
}

func (d *driver) DeleteVolume(_ context.Context, request *csi.DeleteVolumeRequest) (*csi.DeleteVolumeResponse, error) {
	return &csi.DeleteVolumeResponse{}, os.RemoveAll(d.volume(request.VolumeId))
}

func (d *driver) ValidateVolumeCapabilities(_ context.Context, request *csi.ValidateVolumeCapabilitiesRequest) (*csi.ValidateVolumeCapabilitiesResponse, error) {
	return &csi.ValidateVolumeCapabilitiesResponse{
		Confirmed: &csi.ValidateVolumeCapabilitiesResponse_Confirmed{VolumeCapabilities: request.VolumeCapabilities},
	}, nil
}

func (d *driver) CreateSnapshot(_ context.Context, request *csi.CreateSnapshotRequest) (*csi.CreateSnapshotResponse, error) {
	if words, err := os.ReadFile(filepath.Join(d.root, "refuse-snapshots")); err == nil {
		return nil, status.Error(codes.Internal, strings.TrimSpace(string(words)))
	}
	id, source := request.Name, request.SourceVolumeId
	if !exists(d.snapshot(id)) {
		if err := os.MkdirAll(filepath.Dir(d.sourceFile(id)), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(d.sourceFile(id), []byte(source), 0o644); err != nil {
			return nil, err
		}
		if err := copyDirectory(d.volume(source), d.snapshot(id)); err != nil {
			return nil, err
		}
	}
	described, err := d.describe(id)
	return &csi.CreateSnapshotResponse{Snapshot: described}, err
}

func (d *driver) describe(id string) (*csi.Snapshot, error) {
	source, err := os.ReadFile(d.sourceFile(id))
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(d.sourceFile(id))
	if err != nil {
		return nil, err
	}
	bytes, err := sizeOf(d.snapshot(id))
	return &csi.Snapshot{
		SnapshotId: id, SourceVolumeId: string(source), CreationTime: timestamppb.New(info.ModTime()),
		ReadyToUse: true, SizeBytes: bytes,
	}, err
}

func (d *driver) DeleteSnapshot(_ context.Context, request *csi.DeleteSnapshotRequest) (*csi.DeleteSnapshotResponse, error) {
	if err := os.RemoveAll(d.snapshot(request.SnapshotId)); err != nil {
		return nil, err
	}
	return &csi.DeleteSnapshotResponse{}, os.RemoveAll(d.sourceFile(request.SnapshotId))
}

func (d *driver) ListSnapshots(_ context.Context, request *csi.ListSnapshotsRequest) (*csi.ListSnapshotsResponse, error) {
	response := &csi.ListSnapshotsResponse{}
	entries, err := os.ReadDir(d.snapshot(""))
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		id := entry.Name()
		if strings.HasSuffix(id, unfinished) || (request.SnapshotId != "" && request.SnapshotId != id) {
			continue
		}
		snapshot, err := d.describe(id)
		if err != nil {
			return nil, err
		}
		if request.SourceVolumeId == "" || request.SourceVolumeId == snapshot.SourceVolumeId {
			response.Entries = append(response.Entries, &csi.ListSnapshotsResponse_Entry{Snapshot: snapshot})
		}
	}
	return response, nil
}

func (d *driver) NodeGetCapabilities(context.Context, *csi.NodeGetCapabilitiesRequest) (*csi.NodeGetCapabilitiesResponse, error) {
	return &csi.NodeGetCapabilitiesResponse{}, nil
}

func (d *driver) NodeGetInfo(context.Context, *csi.NodeGetInfoRequest) (*csi.NodeGetInfoResponse, error) {
	return &csi.NodeGetInfoResponse{NodeId: d.node}, nil
}

func (d *driver) NodePublishVolume(_ context.Context, request *csi.NodePublishVolumeRequest) (*csi.NodePublishVolumeResponse, error) {
	if request.GetVolumeCapability().GetBlock() != nil {
		return nil, status.Error(codes.InvalidArgument, "there are no block volumes")
	}
	source, target := d.volume(request.VolumeId), request.TargetPath
	if err := os.MkdirAll(target, 0o750); err != nil {
		return nil, err
	}
	if isSame(source, target) {
		return &csi.NodePublishVolumeResponse{}, nil
	}
	err := syscall.Mount(source, target, "", syscall.MS_BIND, "")
	if err == nil && request.Readonly {
		err = syscall.Mount("", target, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
	}
	return &csi.NodePublishVolumeResponse{}, err
}

func (d *driver) NodeUnpublishVolume(_ context.Context, request *csi.NodeUnpublishVolumeRequest) (*csi.NodeUnpublishVolumeResponse, error) {
	for syscall.Unmount(request.TargetPath, 0) == nil {
	}
	// Not RemoveAll: it would remove the data, should the volume be mounted still.
	if err := os.Remove(request.TargetPath); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	return &csi.NodeUnpublishVolumeResponse{}, nil
}

const unfinished = ".unfinished"

func copyDirectory(from, to string) error {
	os.RemoveAll(to + unfinished)
	if output, err := exec.Command("cp", "-a", from, to+unfinished).CombinedOutput(); err != nil {
		return status.Errorf(codes.Internal, "cp: %v: %s", err, output)
	}
	return os.Rename(to+unfinished, to)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func isSame(one, other string) bool {
	left, leftErr := os.Stat(one)
	right, rightErr := os.Stat(other)
	return leftErr == nil && rightErr == nil && os.SameFile(left, right)
}

func sizeOf(dir string) (bytes int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	return bytes, err
}
