import { endpointProblem } from "./endpoint.ts";
import { certificateProblem } from "./http-agent.ts";
import { propertyOf, type StorePlace } from "./verdict.ts";
import { StoreError } from "./store-error.ts";

interface Declared {
  endpoint?: string | undefined;
  caCertificate?: string | undefined;
}

/** Says what is wrong with the endpoint and the certificate as declared, before a client says it worse. */
export function checkConnection(
  place: Pick<StorePlace, "property" | "address" | "declaredAs">,
  { endpoint, caCertificate }: Declared,
  form?: Parameters<typeof endpointProblem>[1],
): void {
  const refuse = (field: keyof Declared, problem: string | undefined) => {
    if (problem === undefined) return;
    throw new StoreError({
      code: "BadSetting",
      vendorCode: "BadSetting",
      property: propertyOf(place, field),
      what: `the ${field} of ${place.address} ${problem}`,
    });
  };
  if (endpoint !== undefined) refuse("endpoint", endpointProblem(endpoint, form));
  if (caCertificate !== undefined) refuse("caCertificate", certificateProblem(caCertificate));
}
