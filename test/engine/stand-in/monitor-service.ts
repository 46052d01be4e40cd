import type { sendUnaryData, Server } from "@grpc/grpc-js";
import type { IResourceMonitorServer } from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import type { DeploymentInfo } from "@pulumi/pulumi/proto/resource_pb.js";
import type { Goal, ReadGoal } from "./goal.ts";
import { packageOf, readGoal } from "./goal-request.ts";
import { containsUnknowns, type PropertyMap } from "./property-value.ts";
import { Empty, grpc, resourceProto as proto, resourceService } from "./protocol.ts";
import type { ResourceState } from "./resource-state.ts";
import type { Registered } from "./step.ts";
import { isProviderType } from "./urn.ts";
import { decodeStruct, encodeStruct } from "./wire.ts";

export interface MonitorBackend {
  describe(info: DeploymentInfo): void;
  defaultProvider(packageName: string, version: string): Promise<string>;
  register(goal: Goal): Promise<Registered>;
  registerOutputs(urn: string, outputs: PropertyMap): Promise<void>;
  read(goal: ReadGoal): Promise<ResourceState>;
  invoke(token: string, args: PropertyMap): Promise<PropertyMap>;
  /** Resolves when the program may end: it has nothing more to register. */
  programDone(): Promise<void>;
}

/** The deployment is over while a program still waits for an answer. */
export class Canceled extends Error {}

/** What the stand-in can do; not among it: transforms, hooks, parameterization, state migrations. */
const features = proto.ResourceMonitorFeature;
const FEATURES = new Map([
  ["secrets", features.RESOURCE_MONITOR_FEATURE_SECRETS],
  ["resourceReferences", features.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES],
  ["outputValues", features.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES],
  ["aliasSpecs", features.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS],
  ["deletedWith", features.RESOURCE_MONITOR_FEATURE_DELETED_WITH],
  ["replaceWith", features.RESOURCE_MONITOR_FEATURE_REPLACE_WITH],
]);

/** The resource monitor as a program sees it (deploy/source_eval.go). */
export function addMonitorService(server: Server, backend: MonitorBackend): void {
  const goals = new Map<string, Goal>();
  const componentProviders = new Map<string, Map<string, string>>();

  const service: Partial<IResourceMonitorServer> = {
    supportsFeature(call, callback) {
      const response = new proto.SupportsFeatureResponse();
      response.setHassupport(FEATURES.has(call.request.getId()));
      callback(null, response);
    },
    getDeploymentInfo(_call, callback) {
      const info = new proto.DeploymentInfo();
      backend.describe(info);
      info.setSupportedfeaturesList([...FEATURES.values()]);
      callback(null, info);
    },
    registerResource(call, callback) {
      answer(callback, async () => {
        const { request } = call;
        const goal = readGoal(request, goals, componentProviders);
        if (goal.custom && !isProviderType(goal.type) && goal.provider === "") {
          goal.provider = await backend.defaultProvider(packageOf(goal.type), request.getVersion());
        }
        const { state, unknown } = await backend.register(goal);
        goals.set(state.urn, goal);
        if (!goal.custom) componentProviders.set(state.urn, new Map(request.getProvidersMap().entries()));
        const response = new proto.RegisterResourceResponse();
        response.setUrn(state.urn);
        response.setId(state.id);
        response.setUnknown(unknown);
        // A component's former outputs may name resources that this program has not registered yet.
        const outputs = goal.custom ? state.outputs : {};
        const known = Object.entries(outputs).filter(([, value]) => !containsUnknowns(value));
        response.setObject(
          encodeStruct(request.getSupportspartialvalues() ? outputs : Object.fromEntries(known), {
            keepUnknowns: true,
            keepSecrets: request.getAcceptsecrets(),
            keepResources: request.getAcceptresources(),
          }),
        );
        return response;
      });
    },
    registerResourceOutputs(call, callback) {
      answer(callback, async () => {
        await backend.registerOutputs(call.request.getUrn(), decodeStruct(call.request.getOutputs()));
        return new Empty();
      });
    },
    readResource(call, callback) {
      answer(callback, async () => {
        const { request } = call;
        const type = request.getType();
        const state = await backend.read({
          type,
          name: request.getName(),
          id: request.getId(),
          properties: decodeStruct(request.getProperties()),
          parent: request.getParent(),
          dependencies: request.getDependenciesList(),
          provider:
            request.getProvider() || (await backend.defaultProvider(packageOf(type), request.getVersion())),
          additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
        });
        const response = new proto.ReadResourceResponse();
        response.setUrn(state.urn);
        const keep = { keepSecrets: request.getAcceptsecrets(), keepResources: request.getAcceptresources() };
        response.setProperties(encodeStruct(state.outputs, { keepUnknowns: true, ...keep }));
        return response;
      });
    },
    invoke(call, callback) {
      answer(callback, async () => {
        const token = call.request.getTok();
        if (packageOf(token) !== "pulumi") {
          throw new Error(`the stand-in engine has no plugin for '${packageOf(token)}' to call ${token}`);
        }
        const response = new proto.ResourceInvokeResponse();
        const result = await backend.invoke(token, decodeStruct(call.request.getArgs()));
        response.setReturn(
          encodeStruct(result, { keepUnknowns: true, keepSecrets: true, keepResources: true }),
        );
        return response;
      });
    },
    signalAndWaitForShutdown(_call, callback) {
      answer(callback, async () => {
        await backend.programDone();
        return new Empty();
      });
    },
  };
  server.addService(resourceService.ResourceMonitorService, service as IResourceMonitorServer);
}

function answer<T>(callback: sendUnaryData<T>, work: () => Promise<T>): void {
  work().then(
    (response) => callback(null, response),
    (error: unknown) => {
      const code = error instanceof Canceled ? grpc.status.UNAVAILABLE : grpc.status.UNKNOWN;
      callback({ code, details: error instanceof Error ? error.message : String(error) });
    },
  );
}
