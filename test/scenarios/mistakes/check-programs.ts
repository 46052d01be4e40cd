import { createRequire } from "node:module";
import { compileFunction } from "node:vm";
import * as pulumi from "@pulumi/pulumi";
import pMap from "p-map";
import { create } from "../../../provider/index.ts";
import * as velero from "../../../sdk/index.ts";
import { UNKNOWN } from "../../engine/run-result.ts";
import { withoutCodes } from "../../without-codes.ts";

type Inputs = Record<string, unknown>;

/** Text of a program that has what it makes in `made`; the names of its resources begin with its own. */
interface ProgramText {
  name: string;
  text: string;
}

type Program = (load: (name: string) => unknown) => pulumi.Resource[];

const require = createRequire(import.meta.url);
const packageOf = (name: string): unknown => (name === "pulumi-velero" ? velero : (require(name) as unknown));

/**
 * Evaluates programs with the provider's own checks behind them, and nothing that creates. By a program's name, what
 * the first of its resources to complain says, in the provider's words, or what the program itself throws.
 */
export async function checkPrograms(
  programs: readonly ProgramText[],
  { dryRun }: { dryRun: boolean },
): Promise<Map<string, string[]>> {
  const complaints = new Map(programs.map(({ name }) => [name, [] as string[]]));
  await pulumi.runtime.setMocks(
    {
      newResource: async ({ type, name, inputs: declared }) => {
        const inputs = declared as Inputs;
        const [, said = []] =
          [...complaints].find(([program]) => name === program || name.startsWith(`${program}-`)) ?? [];
        // The engine goes no further than to the first resource that is refused.
        const isAsked = type.includes("velero:") && said.length === 0;
        const state = isAsked ? await checked(type.replace(/.*:/, ""), inputs, said) : inputs;
        return { id: dryRun ? undefined : name, state };
      },
      call: ({ inputs }) => inputs as Inputs,
    },
    "project",
    "stack",
    dryRun,
  );
  await pMap(
    programs,
    async ({ name, text }) => {
      try {
        const program = compileFunction(`${text}\nreturn made;`, ["require"]) as Program;
        const made = program(packageOf);
        await Promise.all(made.map(({ urn }) => new Promise((resolve) => urn.apply(resolve))));
      } catch (thrown) {
        complaints.get(name)?.push((thrown as Error).message);
      }
    },
    { concurrency: 8 },
  );
  return complaints;
}

async function checked(kind: string, inputs: Inputs, said: string[]): Promise<Inputs> {
  try {
    const result = await create(kind).check({}, plain(await insidesOf(pulumi.output(inputs)).promise(true)));
    const words = (result.failures ?? []).map(({ reason }) => withoutCodes(reason));
    if (said.length === 0) said.push(...words);
    return result.inputs ?? inputs;
  } catch (thrown) {
    if (said.length === 0) said.push(withoutCodes((thrown as Error).message));
    return inputs;
  }
}

/** What every Output has, and the declarations of Pulumi's SDK leave out. */
const insidesOf = (output: unknown) => output as { promise(withUnknowns: boolean): Promise<Inputs> };

const plain = (inputs: Inputs): Inputs =>
  Object.fromEntries(Object.entries(inputs).map(([key, inner]) => [key, asOnTheWire(inner)]));

/** A dynamic provider gets what is secret as plain values, and what is unknown as a string that means it. */
function asOnTheWire(value: unknown): unknown {
  if (pulumi.isUnknown(value)) return UNKNOWN;
  if (Array.isArray(value)) return value.map(asOnTheWire);
  if (typeof value !== "object" || value === null) return value;
  const { [pulumi.runtime.specialSigKey]: sign, ...fields } = value as Inputs;
  return sign === pulumi.runtime.specialSecretSig ? asOnTheWire(fields["value"]) : plain(fields);
}
