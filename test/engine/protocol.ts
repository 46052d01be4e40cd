import { createRequire } from "node:module";

// The generated modules assign their exports at run time, so that ESM cannot see the names: they are required.
// They are the SDK's own, with the SDK's own gRPC, as messages of two copies of protobuf do not mix.
const require = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi"));

export const grpc = require("@grpc/grpc-js") as typeof import("@grpc/grpc-js");
export const { Struct } =
  require("google-protobuf/google/protobuf/struct_pb.js") as typeof import("google-protobuf/google/protobuf/struct_pb.js");

export const providerProto =
  require("@pulumi/pulumi/proto/provider_pb") as typeof import("@pulumi/pulumi/proto/provider_pb.js");
export const providerService =
  require("@pulumi/pulumi/proto/provider_grpc_pb") as typeof import("@pulumi/pulumi/proto/provider_grpc_pb.js");

const statusProto = require("@pulumi/pulumi/proto/status_pb") as {
  Status: { deserializeBinary(bytes: Uint8Array): StatusMessage };
};

interface StatusMessage {
  getDetailsList(): { getTypeUrl(): string; getValue_asU8(): Uint8Array }[];
}

/** The details that an error carries beside its message. */
export function errorDetails(
  error: import("@grpc/grpc-js").ServiceError,
): { type: string; bytes: Uint8Array }[] {
  const [bytes] = error.metadata?.get("grpc-status-details-bin") ?? [];
  if (!(bytes instanceof Uint8Array)) return [];
  return statusProto.Status.deserializeBinary(bytes)
    .getDetailsList()
    .map((detail) => ({ type: detail.getTypeUrl(), bytes: detail.getValue_asU8() }));
}
