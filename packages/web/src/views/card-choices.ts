import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Proposal, Question, Scope } from "@moltbot/contracts";
import type { FieldProblem } from "../state/state.ts";
import { neutralText } from "../text/neutralise.ts";
import { constraintsText, SCOPE_WORDS } from "../words.ts";

/** What the foot of a card offers, and what its buttons do. */
export interface ChoicesWish {
  readonly busy: boolean;
  /** Everything, or the plain yes and no of one question among several. */
  readonly full: boolean;
  /** Whether the details can be folded and are open; null: they always are. */
  readonly opened: boolean | null;
  readonly allow: (scope: Scope) => void;
  readonly deny: (stop: boolean) => void;
  readonly change: () => void;
  readonly giveReason: () => void;
  readonly editGrant: () => void;
  readonly fold: () => void;
}

/** A form at the foot of a card. */
export interface FootFormWish {
  readonly busy: boolean;
  readonly problem: FieldProblem | null;
  readonly submit: (event: Event) => void;
  readonly keydown: (event: KeyboardEvent) => void;
  readonly back: () => void;
}

/** A problem as it stands beside what caused it. */
export const problemText = ({ message, next }: FieldProblem): string => `${message} ${next}`;

const link = (
  says: string,
  label: string,
  busy: boolean,
  act: () => void,
  popup: string | typeof nothing = nothing,
): TemplateResult =>
  html`<button type="button" class="link" aria-label=${label} aria-haspopup=${popup} ?disabled=${busy} @click=${act}>
    ${says}
  </button>`;

const longer = (scopes: readonly Scope[], { busy, allow, editGrant }: ChoicesWish): TemplateResult | typeof nothing =>
  scopes.length === 0
    ? nothing
    : html`<div class="longer" role="group" aria-label="Allow for longer">
        <span class="longer-label" aria-hidden="true">Or allow</span>
        ${scopes.map((scope) =>
          scope === "always"
            ? link("always…", "Always allow…", busy, editGrant, "dialog")
            : link(SCOPE_WORDS[scope], `Allow ${SCOPE_WORDS[scope]}`, busy, () => allow(scope)),
        )}
      </div>`;

/** Every answer that the question takes. */
export const choicesView = (question: Question, wish: ChoicesWish): TemplateResult => {
  const { busy, full, opened } = wish;
  return html`<div class="choices">
      ${
        question.scopes.includes("once")
          ? html`<button type="button" class="button solid" ?disabled=${busy} @click=${() => wish.allow("once")}>
              Allow once
            </button>`
          : nothing
      }
      <button type="button" class="button" ?disabled=${busy} @click=${() => wish.deny(false)}>Deny</button>
      ${full && question.arguments.length > 0 ? link("Change it", "Change it before allowing", busy, wish.change) : nothing}
      ${
        opened === null
          ? nothing
          : html`<button type="button" class="link" aria-expanded=${opened} @click=${wish.fold}>
              ${opened ? "Less" : "Details"}
            </button>`
      }
    </div>
    ${
      full
        ? html`${longer(
              question.scopes.filter((scope) => scope !== "once"),
              wish,
            )}
            <div class="longer" role="group" aria-label="Deny in another way">
              <span class="longer-label" aria-hidden="true">Or deny</span>
              ${link("with a reason", "Deny with a reason", busy, wish.giveReason)}
              ${link("and stop", "Deny and stop", busy, () => wish.deny(true))}
            </div>`
        : nothing
    }`;
};

/** For how long a proposal would hold. */
export const scopeOf = ({ scope = "always" }: Proposal): Scope => scope;

/** The hosts that any program might reach by the proposal; null where it is about anything but where programs may reach. */
const programHosts = ({ effect, proposal }: Question): readonly string[] | null => {
  const [limit, ...others] = proposal?.constraints ?? [];
  return effect === "execute" && others.length === 0 && limit?.kind === "host-in" && limit.argument === "network"
    ? limit.hosts
    : null;
};

const anyProgram = (tool: string, hosts: readonly string[]): TemplateResult =>
  html`For the rest of this conversation, <code>${tool}</code> would run any program. The wall bounds them all: they
    work on a copy of the workspace,
    ${
      hosts.length === 0
        ? html`<strong>without network</strong>.`
        : html`and reach <strong>only ${hosts.map(neutralText).join(", ")}</strong>, where they can send whatever is in
            that copy. While content from outside is in view, each that reaches them still asks.`
    }
    What they change comes back only when it is kept.`;

/** A rule wider than this call, in one press: what was allowed again and again, or what something else bounds. */
export const proposalView = (
  question: Question,
  busy: boolean,
  accept: () => void,
): TemplateResult | typeof nothing => {
  const { proposal, scopes, tool } = question;
  if (proposal === null || !scopes.includes(scopeOf(proposal))) return nothing;
  const { seen, constraints } = proposal;
  const lasts = scopeOf(proposal) === "always";
  const hosts = lasts ? null : programHosts(question);
  const before = seen === 0 ? "" : `You allowed this ${seen === 1 ? "once" : `${seen} times`}. `;
  return html`<div class="proposal ${hosts === null ? "" : "programs"}">
    <p>
      ${
        hosts === null
          ? html`${before}For the ${lasts ? "next 90 days" : "rest of this conversation"}, allow
              <code>${tool}</code> ${constraintsText(constraints)}?`
          : anyProgram(tool, hosts)
      }
    </p>
    <button type="button" class="button" ?disabled=${busy} @click=${accept}>
      ${
        hosts !== null
          ? "Run programs without asking in this conversation"
          : lasts
            ? "Stop asking for this"
            : "Stop asking for this in this conversation"
      }
    </button>
  </div>`;
};

/** Asks for the reason of a denial. */
export const reasonForm = ({ busy, submit, keydown, back }: FootFormWish): TemplateResult =>
  html`<form class="choices" @submit=${submit}>
    <label class="reason">
      <span>Why not? The assistant reads this.</span>
      <input class="field reason-input" maxlength="500" autocomplete="off" @keydown=${keydown} />
    </label>
    <button type="submit" class="button danger" ?disabled=${busy}>Deny</button>
    <button type="button" class="button" @click=${back}>Back</button>
  </form>`;

/** Asks for the one-time code that proves who answers. */
export const proofForm = ({ busy, problem, submit, keydown, back }: FootFormWish): TemplateResult =>
  html`<form class="choices" @submit=${submit}>
    <label class="reason">
      <span>One-time code: <code>./moltbot open --code</code> shows one on the machine itself.</span>
      <input
        class="field proof-input"
        maxlength="500"
        autocomplete="one-time-code"
        spellcheck="false"
        required
        aria-invalid=${problem === null ? nothing : "true"}
        @keydown=${keydown}
      />
      ${problem === null ? nothing : html`<span class="field-problem" role="alert">${problemText(problem)}</span>`}
    </label>
    <button type="submit" class="button solid" ?disabled=${busy}>Allow</button>
    <button type="button" class="button" @click=${back}>Back</button>
  </form>`;
