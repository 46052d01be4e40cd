import * as pulumi from "@pulumi/pulumi";
import type { LookUpFailure } from "../provider/look-ups/index.ts";
import type { BackupsRequest, PlaceRequest } from "../provider/look-ups/request.ts";
import { clusterAccess, referenceTo } from "./cluster-access.ts";
import type { Location, Preflight } from "./cluster-location.ts";
import { veleroError } from "./velero-error.ts";
import type { VeleroErrorCode } from "./velero-error-code.ts";

type LookUp = "getBackups" | "getLatestBackup" | "getLocationUsers";

/** A look-up of a program: the function, the clusters of a location, and the filters. */
export interface Question {
  lookUp: LookUp;
  location: Location;
  clusters: readonly string[];
  wanted?: pulumi.Inputs;
}

/** A question whose inputs are all known. */
interface Known {
  places: (PlaceRequest & { preflight?: Preflight })[];
  wanted: Partial<BackupsRequest>;
}

/** Answers a question. Rejects if an input of the question is not known yet. */
export async function askNow(question: Question): Promise<object> {
  const known = insidesOf(knownOf(question, []));
  if (await known.isKnown) return ask(question.lookUp, await known.promise()).catch(rethrow);
  throw veleroError(
    `velero.${question.lookUp}: this preview does not know yet what to ask for: the location, or what another ` +
      "argument comes from, is still to be made. " +
      `Take velero.${question.lookUp}Output, which stays unknown until it is. [velero:NotKnownYet]`,
    "NotKnownYet",
  );
}

/** Answers a question as an output, which stays unknown as long as an input of the question is unknown. */
export function askLater(
  question: Question,
  dependsOn: pulumi.CustomResource | readonly pulumi.CustomResource[] = [],
): pulumi.Output<object> {
  const { lookUp } = question;
  const answer = knownOf(question, [dependsOn].flat()).apply((known) =>
    ask(lookUp, known).catch((error: LookUpFailure) => unknownInPreview(lookUp, known, error)),
  );
  // The connections are secret, and are no part of the answer.
  return pulumi.unsecret(answer);
}

function knownOf(
  { location, clusters, wanted = {} }: Question,
  dependsOn: readonly pulumi.CustomResource[],
): pulumi.Output<Known> {
  const places = clusters.map((cluster) => placeIn(location, cluster));
  // The coordinates are known before the resource is created. Its id is not.
  const awaited = [...clusters.map((cluster) => location.clusters[cluster]), ...dependsOn].filter((each) =>
    pulumi.CustomResource.isInstance(each),
  );
  const known: pulumi.Output<unknown> = pulumi.output<unknown>({
    places,
    wanted,
    ids: awaited.map(({ id }) => id),
  });
  return known as pulumi.Output<Known>;
}

/** Returns a cluster of the location with the connections to it. */
function placeIn(location: Location, cluster: string): pulumi.Inputs {
  const place = clusterAccess(location, cluster);
  const { ownStorage, ownPrefix, readLocations, connection, storage, credentials, access, preflight } = place;
  return {
    cluster,
    location: referenceTo(place),
    readLocations,
    connection,
    storage,
    credentials,
    access,
    preflight,
    own: ownStorage && { storage: ownStorage, prefix: ownPrefix },
  };
}

/** Every Output has these members, but the types of Pulumi's SDK leave them out. */
const insidesOf = <T>(output: pulumi.Output<T>) =>
  output as unknown as { isKnown: Promise<boolean>; promise(): Promise<T> };

/**
 * Answers in the program's own process, because an engine cannot call functions of dynamic providers. The provider's
 * code is loaded now, and not with the program. Under the mocks of a unit test, the mocks answer, as for any provider.
 */
async function ask(lookUp: LookUp, known: Known): Promise<object> {
  if (isMocked())
    return pulumi.runtime.invoke(`velero:index:${lookUp}`, mockedInputs(lookUp, known)) as Promise<object>;
  const { lookUps } = await import("../provider/look-ups/index.ts");
  const clusters = known.places.map(({ preflight: _preflight, ...place }) => place);
  if (lookUp === "getLocationUsers") return lookUps.getLocationUsers({ clusters });
  const request = { ...clusters[0], ...known.wanted } as BackupsRequest;
  if (lookUp === "getBackups") return { backups: await lookUps.getBackups(request) };
  return { backup: await lookUps.getLatestBackup(request) };
}

const isMocked = (): boolean => "mocks" in (pulumi.runtime.getMonitor() ?? {});

/** Returns the inputs for a mock, without connections and secrets. */
function mockedInputs(lookUp: LookUp, { places, wanted }: Known): pulumi.Inputs {
  const clusters = places.map(({ cluster, location }) => ({ cluster, location }));
  return lookUp === "getLocationUsers" ? { clusters } : { ...clusters[0], ...wanted };
}

/**
 * Handles a failure in a preview as all previews do: a failure that the same `up` may remove, or that only concerns
 * this machine, is a warning.
 */
function unknownInPreview(lookUp: LookUp, { places }: Known, error: LookUpFailure): object {
  const isStrict = places.some(({ preflight }) => preflight === "strict");
  if (!pulumi.runtime.isDryRun() || !error.passing || isStrict) rethrow(error);
  void pulumi.log.warn(`velero.${lookUp}: unknown in this preview. ${error.message}`);
  return pulumi.unknown;
}

/** Throws a failure of the provider in the form that programs know. The error of a mock is thrown unchanged. */
function rethrow(error: LookUpFailure): never {
  throw isMocked() ? error : veleroError(error.message, error.code as VeleroErrorCode);
}
