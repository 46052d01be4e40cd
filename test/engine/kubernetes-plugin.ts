import { randomUUID } from "node:crypto";
import { Empty, grpc, providerProto as proto, providerService } from "./stand-in/protocol.ts";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import pluginProto from "@pulumi/pulumi/proto/plugin_pb.js";

// Stands in for the Kubernetes plugin when programs run under the real CLI: programs make `k8s.Provider` objects, whose
// kubeconfig pulumi-velero reads; Kubernetes resources are recorded as they are, and nothing of them comes into a
// cluster. The real plugin is a download of 40 MB.
const service: Partial<IResourceProviderServer> = {
  checkConfig(call, callback) {
    const response = new proto.CheckResponse();
    response.setInputs(call.request.getNews());
    callback(null, response);
  },
  diffConfig(_call, callback) {
    callback(null, new proto.DiffResponse());
  },
  configure(_call, callback) {
    const response = new proto.ConfigureResponse();
    response.setAcceptsecrets(true);
    callback(null, response);
  },
  getPluginInfo(_call, callback) {
    const info = new pluginProto.PluginInfo();
    info.setVersion("4.34.2");
    callback(null, info);
  },
  check(call, callback) {
    const response = new proto.CheckResponse();
    response.setInputs(call.request.getNews());
    callback(null, response);
  },
  // Whether there are changes is left to the engine.
  diff(_call, callback) {
    callback(null, new proto.DiffResponse());
  },
  create(call, callback) {
    const response = new proto.CreateResponse();
    response.setId(call.request.getPreview() ? "" : randomUUID());
    response.setProperties(call.request.getProperties());
    callback(null, response);
  },
  read(call, callback) {
    const response = new proto.ReadResponse();
    response.setId(call.request.getId());
    response.setProperties(call.request.getProperties());
    response.setInputs(call.request.getInputs());
    callback(null, response);
  },
  update(call, callback) {
    const response = new proto.UpdateResponse();
    response.setProperties(call.request.getNews());
    callback(null, response);
  },
  delete(_call, callback) {
    callback(null, new Empty());
  },
  cancel(_call, callback) {
    callback(null, new Empty());
  },
};

const server = new grpc.Server();
server.addService(providerService.ResourceProviderService, service as IResourceProviderServer);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  console.log(port);
});
