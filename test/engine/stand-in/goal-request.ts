import type { Alias as AliasMessage } from "@pulumi/pulumi/proto/alias_pb.js";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import type { Alias, Goal } from "./goal.ts";
import type { PropertyMap } from "./property-value.ts";
import { isProviderType, parseProviderReference, PROVIDER_TYPE_PREFIX } from "./urn.ts";
import { decodeMap } from "./wire.ts";

/** The package of a type or function token. */
export function packageOf(token: string): string {
  return token.slice(0, token.indexOf(":"));
}

/** What a program's request asks for, with what it inherits from its parent (deploy/source_eval.go). */
export function readGoal(
  request: RegisterResourceRequest,
  goals: ReadonlyMap<string, Goal>,
  componentProviders: ReadonlyMap<string, ReadonlyMap<string, string>>,
): Goal {
  const type = request.getType();
  const parent = request.getParent();
  const propertyDependencies: Record<string, string[]> = {};
  const properties: PropertyMap = {};
  for (const [key, value] of Object.entries(request.getObject()?.toJavaScript() ?? {})) {
    const dependencies = new Set(request.getPropertydependenciesMap().get(key)?.getUrnsList() ?? []);
    Object.assign(properties, decodeMap({ [key]: value }, { dependencies }));
    propertyDependencies[key] = [...dependencies];
  }
  if (isProviderType(type)) {
    if (request.getVersion() !== "") properties["version"] = request.getVersion();
    if (request.getPlugindownloadurl() !== "")
      properties["pluginDownloadURL"] = request.getPlugindownloadurl();
  }
  const saysDeleteBefore = request.getDeletebeforereplacedefined() || request.getDeletebeforereplace();
  const goal: Goal = {
    type,
    name: request.getName(),
    custom: request.getCustom(),
    properties,
    parent,
    protect: request.hasProtect() ? request.getProtect() : undefined,
    dependencies: request.getDependenciesList(),
    propertyDependencies,
    provider: request.getCustom()
      ? request.getProvider() ||
        request.getProvidersMap().get(packageOf(type)) ||
        componentProviders.get(parent)?.get(packageOf(type)) ||
        ""
      : "",
    deleteBeforeReplace: saysDeleteBefore ? request.getDeletebeforereplace() : undefined,
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    aliases: [
      ...request.getAliasurnsList().map((urn) => ({ urn })),
      ...request.getAliasesList().map(readAlias),
    ],
    retainOnDelete: request.hasRetainondelete() ? request.getRetainondelete() : undefined,
    deletedWith: request.getDeletedwith(),
    replaceWith: request.getReplaceWithList(),
    importId: request.getImportid(),
  };
  const parentGoal = goals.get(parent);
  return parentGoal === undefined ? goal : inheritFromParent(goal, parentGoal);
}

function inheritFromParent(goal: Goal, parent: Goal): Goal {
  return {
    ...goal,
    deletedWith: goal.deletedWith || parent.deletedWith,
    protect: goal.protect ?? parent.protect,
    retainOnDelete: goal.retainOnDelete ?? parent.retainOnDelete,
    provider:
      goal.provider ||
      (goal.custom && managesPackage(parent.provider, packageOf(goal.type)) ? parent.provider : ""),
  };
}

function managesPackage(reference: string, packageName: string): boolean {
  if (reference === "") return false;
  return parseProviderReference(reference).urn.includes(`::${PROVIDER_TYPE_PREFIX}${packageName}::`);
}

function readAlias(message: AliasMessage): Alias {
  const spec = message.getSpec();
  if (spec === undefined) return { urn: message.getUrn() };
  return {
    name: spec.getName(),
    type: spec.getType(),
    stack: spec.getStack(),
    project: spec.getProject(),
    parent: spec.getParenturn(),
    noParent: spec.getNoparent(),
  };
}
