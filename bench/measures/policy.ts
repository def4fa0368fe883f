import { createPolicyReader } from "../../packages/gateway/src/policy/index.ts";
import { sha256Hex } from "@moltbot/storage/crypto";
import { decide } from "@moltbot/core/guard";
import { Digest } from "@moltbot/contracts";
import type { DecisionInput } from "@moltbot/contracts";
import { quantile } from "../result.ts";
import type { Figure } from "../result.ts";

const POLICIES = 20;
const WARM_UP = 300;
const SAMPLES = 2_000;

/** A text as an operator gathers it: none of it forbids the calls of the benchmark, so that every policy is looked at. */
const TEXT = [
  ...Array.from(
    { length: POLICIES },
    (_unused, n) => `@id("host-${String(n)}")
forbid(principal, action == Action::"send", resource)
when { context.untrusted && context.recipients.contains("person-${String(n)}@evil.test") };`,
  ),
  `@id("night") forbid(principal, action == Action::"commit", resource) when { context.hour >= 22 || context.hour < 6 };`,
].join("\n");

/** The decision together with the operator's policy, each question asked for the first time. */
export const measurePolicy = async (inputs: (n: number) => DecisionInput): Promise<readonly Figure[]> => {
  const read = await createPolicyReader({ hash: (bytes) => Digest.parse(sha256Hex(bytes)) }).read(TEXT);
  if (!read.ok) throw new Error(read.error.message);
  const overlay = read.value;
  const samples: number[] = [];
  for (let at = 0; at < WARM_UP + SAMPLES; at += 1) {
    const input = inputs(at);
    const { call, manifest, resources, now } = input;
    if (manifest === undefined) continue;
    const began = performance.now();
    const forbidden = overlay.forbids({ call, manifest, resources, now });
    decide({ ...input, policy: { version: overlay.version, forbidden } });
    const took = performance.now() - began;
    if (forbidden.length > 0) throw new Error(`the policy forbids: ${forbidden.join(", ")}`);
    if (at >= WARM_UP) samples.push(took);
  }
  return [
    {
      name: `decide with the operator's policy (${String(POLICIES + 1)} policies, uncached), p99`,
      value: quantile(samples, 0.99),
      unit: "ms",
      limit: 1.5,
      sense: "most",
      scaled: true,
    },
  ];
};
