import type { KubernetesClient } from "../kubernetes/client.ts";
import { deployments, type KubernetesObject } from "../kubernetes/resources.ts";

/** The Deployment of Velero's server, as far as its settings are read. */
export interface ServerDeployment extends KubernetesObject {
  spec?: { replicas?: number; template?: { spec?: { containers?: ServerContainer[] } } };
}

export interface ServerContainer {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  env?: { name: string; value?: string; valueFrom?: object }[];
  envFrom?: object[];
  volumeMounts?: { mountPath: string }[];
}

/** Undefined where Velero was installed under another name. */
export const getServerDeployment = (
  client: KubernetesClient,
  namespace: string,
): Promise<ServerDeployment | undefined> =>
  client.get<ServerDeployment>({ type: deployments, name: "velero", namespace });

export const serverContainer = ({ spec }: ServerDeployment): ServerContainer | undefined =>
  (spec?.template?.spec?.containers ?? []).find(({ name }) => name === "velero");
