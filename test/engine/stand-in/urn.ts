export const STACK_TYPE = "pulumi:pulumi:Stack";
export const PROVIDER_TYPE_PREFIX = "pulumi:providers:";
export const STACK_REFERENCE_TYPE = "pulumi:pulumi:StackReference";

export interface UrnParts {
  stack: string;
  project: string;
  /** Types of the parents and of the resource, joined by `$`. */
  qualifiedType: string;
  type: string;
  name: string;
}

export function parseUrn(urn: string): UrnParts {
  const match = /^urn:pulumi:(.*?)::(.*?)::(.*?)::(.*)$/s.exec(urn);
  if (match === null) throw new Error(`invalid URN "${urn}"`);
  const [, stack = "", project = "", qualifiedType = "", name = ""] = match;
  return { stack, project, qualifiedType, type: qualifiedType.split("$").at(-1) ?? "", name };
}

/** The stack is nobody's parent in a URN. */
export function makeUrn(stack: string, project: string, parent: string, type: string, name: string): string {
  const parentType = parent === "" ? "" : parseUrn(parent).qualifiedType;
  const prefix = parentType === "" || parentType === STACK_TYPE ? "" : `${parentType}$`;
  return `urn:pulumi:${stack}::${project}::${prefix}${type}::${name}`;
}

export function isProviderType(type: string): boolean {
  return type.startsWith(PROVIDER_TYPE_PREFIX);
}

export interface ProviderReference {
  urn: string;
  id: string;
}

export function parseProviderReference(reference: string): ProviderReference {
  const at = reference.lastIndexOf("::");
  return { urn: reference.slice(0, at), id: reference.slice(at + 2) };
}
