import type { Server } from "@grpc/grpc-js";
import type { IEngineServer } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type { Diagnostic } from "../run-result.ts";
import { Empty, engineProto as proto, engineService } from "./protocol.ts";

export interface EngineListener {
  log(diagnostic: Diagnostic): void;
}

/** What a program tells the engine besides its resources: its log, and which resource is the stack. */
export function addEngineService(server: Server, listener: EngineListener): void {
  const { DEBUG, INFO, WARNING } = proto.LogSeverity;
  let rootResource = "";
  const service: Partial<IEngineServer> = {
    log(call, callback) {
      const { request } = call;
      const severity = request.getSeverity();
      const name =
        severity === DEBUG
          ? "debug"
          : severity === INFO
            ? "info"
            : severity === WARNING
              ? "warning"
              : "error";
      if (name !== "debug" && !request.getEphemeral()) {
        const urn = request.getUrn();
        listener.log({ severity: name, message: request.getMessage(), ...(urn === "" ? {} : { urn }) });
      }
      callback(null, new Empty());
    },
    getRootResource(_call, callback) {
      const response = new proto.GetRootResourceResponse();
      response.setUrn(rootResource);
      callback(null, response);
    },
    setRootResource(call, callback) {
      rootResource = call.request.getUrn();
      callback(null, new proto.SetRootResourceResponse());
    },
    startDebugging(_call, callback) {
      callback(null, new Empty());
    },
    requirePulumiVersion(_call, callback) {
      callback(null, new proto.RequirePulumiVersionResponse());
    },
  };
  server.addService(engineService.EngineService, service as IEngineServer);
}
