import { defineConfig, type OxlintOverride } from "oxlint";

/** The folders and files of sdk/ and provider/, as the import paths that lead to them end. */
const places = {
  sdk: "sdk/",
  provider: "provider/",
  index: "index\\.ts$",
  adapter: "pulumi-adapter\\.ts$",
  core: "core/",
  proxy: "proxy/",
  schedules: "schedules/",
  kubernetes: "kubernetes/",
  store: "store/",
  velero: "velero/",
  schemas: "schemas/",
  volumes: "volumes/",
  rules: "rules/",
  restoreModel: "restore-model/",
  lookUps: "look-ups/",
  kinds: "kinds/",
};
type Place = keyof typeof places;

interface Area {
  files: string;
  /** What it must not import, by relative path. */
  never: Place[];
  /** Types may be imported from there all the same. */
  typesFrom?: Place[];
  packages?: string[];
}

const pulumi = "@pulumi/*";

/** The folders of the provider, each with those that it may import. All may import types and values of the files beside the folders. */
const layers: Record<string, Place[]> = {
  core: [],
  schedules: ["core"],
  proxy: ["core"],
  kubernetes: ["core", "proxy"],
  store: ["core", "proxy"],
  velero: ["core", "kubernetes", "store"],
  schemas: ["core", "kubernetes", "schedules", "store", "velero"],
  volumes: ["core", "kubernetes", "schemas", "store", "velero"],
  rules: ["core", "kubernetes", "schedules", "schemas", "store", "velero", "volumes"],
  "restore-model": ["core", "kubernetes", "rules", "schemas", "velero", "volumes"],
  kinds: [
    "core",
    "kubernetes",
    "restoreModel",
    "rules",
    "schedules",
    "schemas",
    "store",
    "velero",
    "volumes",
  ],
  "look-ups": ["core", "kinds", "kubernetes", "restoreModel", "rules", "schemas", "store", "velero"],
};

function layer([name, below]: [string, Place[]]): Area {
  const own = name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase()) as Place;
  const others = (Object.keys(places) as Place[]).filter(
    (place) => !["provider", "index", own].includes(place),
  );
  return {
    files: `provider/${name}`,
    never: others.filter((place) => !below.includes(place)),
    packages: [pulumi],
  };
}

/** Which way imports go (ARCHITECTURE.md). `test/unit/architecture.test.ts` adds what only `import()` can do. */
const areas: Area[] = [
  { files: "model", never: ["sdk", "provider"], packages: [pulumi] },
  { files: "sdk", never: ["provider"], typesFrom: ["provider"] },
  { files: "provider", never: ["sdk"], packages: [pulumi] },
  ...Object.entries(layers).map(layer),
  // The sandbox and the runners are another road than the code under test.
  { files: "test/sandbox", never: ["sdk", "provider"] },
  { files: "test/engine", never: ["sdk", "provider"] },
  { files: "test/demo", never: ["sdk", "provider"] },
];

function direction({ files, never, typesFrom = [], packages = [] }: Area): OxlintOverride {
  const forbidden = never.map((place) => ({
    regex: `^\\.\\.?/(.*/)?${places[place]}`,
    allowTypeImports: typesFrom.includes(place),
    message: `${files} does not import ${place}${typesFrom.includes(place) ? " (its types only)" : ""}.`,
  }));
  const foreign = packages.map((group) => ({ group: [group], message: `${files} does not know Pulumi.` }));
  return {
    files: [`${files}/**`],
    rules: { "no-restricted-imports": ["error", { patterns: [...forbidden, ...foreign] }] },
  };
}

export default defineConfig({
  ignorePatterns: ["**/node_modules/**", "dist/**", "docs/api/**"],
  plugins: ["typescript", "unicorn", "oxc", "import", "promise", "node", "vitest"],
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: "error" },
  categories: { correctness: "error", suspicious: "error", perf: "error" },
  rules: {
    eqeqeq: ["error", "always", { null: "ignore" }],
    "max-lines": ["error", { max: 400 }],
    "no-console": "error",
    "no-var": "error",
    "prefer-const": "error",
    "import/no-cycle": "error",
    "typescript/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
    "typescript/no-explicit-any": "error",
    "typescript/no-misused-promises": "error",
    "typescript/no-non-null-assertion": "error",
    "typescript/no-unsafe-argument": "error",
    "typescript/no-unsafe-assignment": "error",
    "typescript/no-unsafe-call": "error",
    "typescript/no-unsafe-member-access": "error",
    "typescript/no-unsafe-return": "error",
    "typescript/only-throw-error": ["error", { allowThrowingUnknown: true }],
    "typescript/prefer-optional-chain": "error",
    "typescript/return-await": "error",
    "typescript/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    "unicorn/filename-case": "error",
    "unicorn/prefer-node-protocol": "error",
    "vitest/valid-expect": ["error", { maxArgs: 2 }],

    // One thing after another is what most of our loops are for.
    "no-await-in-loop": "off",
    // What comes over a wire, or from valibot, is narrowed by assertions at the edges.
    "typescript/no-unsafe-type-assertion": "off",
    "typescript/no-unnecessary-type-parameters": "off",
    "typescript/no-unnecessary-type-arguments": "off",
    // Matters of taste, judged differently here.
    // Pulumi programs consist of it.
    "no-new": "off",
    "no-shadow": "off",
    "no-underscore-dangle": "off",
    // Takes what `??` leaves of an unknown for an object.
    "typescript/no-base-to-string": "off",
    "import/no-named-as-default-member": "off",
    "oxc/no-map-spread": "off",
    "promise/always-return": "off",
    "promise/no-callback-in-promise": "off",
    "unicorn/consistent-function-scoping": "off",
    "unicorn/prefer-set-has": "off",
    "unicorn/no-useless-spread": "off",
    "typescript/consistent-return": "off",
    // Suites that several backends share define their tests in functions, which these rules do not see through.
    "vitest/expect-expect": "off",
    "vitest/no-conditional-expect": "off",
    "vitest/no-conditional-tests": "off",
    "vitest/no-disabled-tests": "off",
    "vitest/no-standalone-expect": "off",
    "vitest/require-to-throw-message": "off",
    "vitest/valid-describe-callback": "off",
    "vitest/valid-title": "off",
  },
  overrides: [
    { files: ["test/**", "provider/core/notices.ts"], rules: { "no-console": "off" } },
    {
      files: ["test/**"],
      rules: {
        // `expect.any(…)` and the like are typed as any.
        "typescript/no-unsafe-assignment": "off",
        // Where what is asserted is not so, the test fails, and that is its purpose.
        "typescript/no-non-null-assertion": "off",
        "typescript/no-unnecessary-type-assertion": "off",
        // `.finally(() => server.start())` waits, whatever its type says.
        "typescript/no-misused-promises": ["error", { checksVoidReturn: false }],
        "typescript/require-array-sort-compare": "off",
        "typescript/unbound-method": "off",
        "unicorn/no-array-reverse": "off",
        "unicorn/no-array-sort": "off",
      },
    },
    {
      // Preloaded as they are, untyped.
      files: ["**/*.cjs"],
      rules: {
        "typescript/no-unsafe-argument": "off",
        "typescript/no-unsafe-call": "off",
        "typescript/no-unsafe-member-access": "off",
        "typescript/no-unsafe-return": "off",
      },
    },
    {
      // An interface adds the outputs to the class of a resource. Pulumi's SDK makes them, and the constructor names them.
      files: ["sdk/**"],
      rules: { "typescript/no-unsafe-declaration-merging": "off" },
    },
    // A port of the engine's own code, kept in its shape.
    ...areas.map(direction),
    {
      // Loads look-ups when one is called; that it does so by `import()` alone the architecture's test sees.
      files: ["sdk/ask-provider.ts"],
      rules: {
        "no-restricted-imports": [
          "error",
          {
            patterns: [
              {
                regex: "^\\.\\.?/(.*/)?provider/(?!look-ups\\.ts$)",
                allowTypeImports: true,
                message: "Of provider it loads look-ups alone.",
              },
            ],
          },
        ],
      },
    },
    {
      files: ["examples/**"],
      rules: {
        "no-restricted-imports": [
          "error",
          {
            patterns: [
              { regex: "^(\\.\\./|pulumi-velero/)", message: "Examples import pulumi-velero as users do." },
            ],
          },
        ],
      },
    },
  ],
});
