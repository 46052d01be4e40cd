import * as pulumi from "@pulumi/pulumi";
import type { LookUpFailure } from "../provider/look-ups/index.ts";
import type { BackupsRequest, PlaceRequest } from "../provider/look-ups/request.ts";
import { clusterAccess, referenceTo } from "./cluster-access.ts";
import type { Location, Preflight } from "./cluster-location.ts";
import { veleroError } from "./velero-error.ts";
import type { VeleroErrorCode } from "./velero-error-code.ts";

type LookUp = "getBackups" | "getLatestBackup" | "getLocationUsers";

/** What is looked up: in which clusters of a location, and what of them. */
export interface Question {
  lookUp: LookUp;
  location: Location;
  clusters: readonly string[];
  wanted?: pulumi.Inputs;
}

/** A question of which everything is known. */
interface Known {
  places: (PlaceRequest & { preflight?: Preflight })[];
  wanted: Partial<BackupsRequest>;
}

/** Rejects where it is not known yet what to ask for. */
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

/** Stays unknown while it is not known what to ask for. */
export function askLater(
  question: Question,
  dependsOn: pulumi.CustomResource | readonly pulumi.CustomResource[] = [],
): pulumi.Output<object> {
  const { lookUp } = question;
  const answer = knownOf(question, [dependsOn].flat()).apply((known) =>
    ask(lookUp, known).catch((error: LookUpFailure) => unknownInPreview(lookUp, known, error)),
  );
  // The ways to cluster and store are secret, and no part of the answer.
  return pulumi.unsecret(answer);
}

function knownOf(
  { location, clusters, wanted = {} }: Question,
  dependsOn: readonly pulumi.CustomResource[],
): pulumi.Output<Known> {
  const places = clusters.map((cluster) => placeIn(location, cluster));
  // Coordinates are known before anything is there; an id is not.
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

/** A cluster of the location, and the ways to it. */
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

/** What every Output has, and the declarations of Pulumi's SDK leave out. */
const insidesOf = <T>(output: pulumi.Output<T>) =>
  output as unknown as { isKnown: Promise<boolean>; promise(): Promise<T> };

/**
 * Dynamic providers have no functions that an engine could call, so the provider's code answers here, in the program's
 * own process: loaded now, not with the program. Under the mocks of a unit test they answer, as for any provider.
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

/** No way and no secret among them. */
function mockedInputs(lookUp: LookUp, { places, wanted }: Known): pulumi.Inputs {
  const clusters = places.map(({ cluster, location }) => ({ cluster, location }));
  return lookUp === "getLocationUsers" ? { clusters } : { ...clusters[0], ...wanted };
}

/** As in all previews: what cannot be seen from there, or may be what the same up is to make, is told. */
function unknownInPreview(lookUp: LookUp, { places }: Known, error: LookUpFailure): object {
  const isStrict = places.some(({ preflight }) => preflight === "strict");
  if (!pulumi.runtime.isDryRun() || !error.passing || isStrict) rethrow(error);
  void pulumi.log.warn(`velero.${lookUp}: unknown in this preview. ${error.message}`);
  return pulumi.unknown;
}

/** Throws a failure of the provider's as programs know it. What a mock throws is the mock's. */
function rethrow(error: LookUpFailure): never {
  throw isMocked() ? error : veleroError(error.message, error.code as VeleroErrorCode);
}
