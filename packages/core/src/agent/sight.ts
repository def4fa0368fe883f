import type { Message } from "@moltbot/contracts";
import { broughtIn, isTrusted, trustedViewOf, viewOf } from "../conversation/index.ts";
import type { View } from "../conversation/index.ts";
import type { TurnRun } from "./ports.ts";

/** What a step of the turn shows the model, and what it may do with it. */
export interface Sight {
  readonly view: View;
  /** Everything, for when the model has only words for a view that something was kept out of; null when nothing was, or never will be shown. */
  readonly whole: View | null;
  /** It may commit a plan: nothing that is not the authority's is in view. */
  readonly plans: boolean;
  /** It may ask a reader about what is kept aside. */
  readonly asks: boolean;
}

const EFFECTLESS: readonly string[] = ["read", "write"];

/** Whether the agent has a tool that leaves the house or cannot be taken back. A tool nobody knows counts as one. */
const hasEffects = ({ ports }: TurnRun): boolean =>
  ports.tools.some(({ name }) => {
    const known = ports.catalog.find((tool) => tool.name === name);
    return known === undefined || !EFFECTLESS.includes(known.effect);
  });

/** Whether plans are worth their price: for an agent with effects, or a model that can act by nothing else. */
const usesPlans = (run: TurnRun): boolean => {
  const { demonstration, tools } = run.ports.model.describe();
  return !demonstration && (tools ? hasEffects(run) : run.ports.tools.length > 0);
};

const wholeView = ({ ports, turn }: TurnRun, path: readonly Message[]): View =>
  viewOf(ports.conversation, path, turn.label);

const trustedView = ({ ports, turn }: TurnRun, path: readonly Message[]): View =>
  trustedViewOf(
    ports.conversation,
    path,
    ports.catalog.map(({ name }) => name),
    turn.label,
  );

/** The label of everything that is there: what a notice that ends the turn is no more trusted than. */
export const labelOfAll = (run: TurnRun, path: readonly Message[]): View["label"] => wholeView(run, path).label;

/**
 * What the next model call sees. A turn opens with trusted values only, as long as nothing else came in by the turn itself;
 * an agent set to read in quarantine never sees anything else, and one set to read openly always sees all.
 */
export const sightOf = (run: TurnRun, path: readonly Message[]): Sight => {
  const { ports, turn } = run;
  const plans = usesPlans(run);
  const open = (view: View): Sight => ({
    view,
    whole: null,
    plans: plans && isTrusted(view.label),
    asks: false,
  });
  switch (ports.agent.reading) {
    case "open":
      return open(wholeView(run, path));
    case "quarantined": {
      const view = trustedView(run, path);
      return { ...open(view), asks: !ports.model.describe().demonstration };
    }
    case "auto": {
      if (!plans || !isTrusted(turn.label) || broughtIn(ports.conversation, path, turn.id))
        return open(wholeView(run, path));
      const view = trustedView(run, path);
      return { ...open(view), whole: view.aside === 0 ? null : wholeView(run, path) };
    }
  }
};

/** The sight of everything, once the model had only words for less. */
export const openedSight = (view: View): Sight => ({ view, whole: null, plans: false, asks: false });
