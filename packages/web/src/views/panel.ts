import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type {
  Agent,
  AgentId,
  Approval,
  ApprovalMeasures,
  Capability,
  CapabilityId,
  ContactId,
  Memory,
  MemoryId,
  Reading,
  Reminder,
  ReminderId,
  Status,
} from "@moltbot/contracts";
import { may } from "../people/may.ts";
import type { NewContact } from "../state/kept-things.ts";
import type { Problem, State } from "../state/state.ts";
import { pendingApprovals } from "../state/select.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { chooseTheme, chosenTheme, THEMES } from "../theme.ts";
import type { Theme } from "../theme.ts";
import { constraintText, countText, momentText } from "../words.ts";
import { icon } from "./icons.ts";
import type { IconName } from "./icons.ts";

export interface PanelWish {
  readonly state: State;
  readonly now: number;
  readonly close: () => void;
  readonly goTo: (approval: Approval) => void;
  readonly revoke: (id: CapabilityId) => void;
  readonly cancel: (id: ReminderId) => void;
  readonly forget: (id: MemoryId) => void;
  readonly whereFrom: (id: string) => void;
  readonly addContact: (contact: NewContact) => Promise<Problem | null>;
  readonly removeContact: (id: ContactId) => void;
  readonly setReading: (reading: Reading) => Promise<Problem | null>;
  readonly setTools: (tools: "all" | readonly string[]) => Promise<Problem | null>;
  readonly showChanges: () => void;
  readonly showData: () => void;
  readonly showFlows: () => void;
  readonly showKeys: () => void;
  readonly showPeople: () => void;
  readonly showPlugins: () => void;
  readonly showPrompts: () => void;
  readonly showSecrets: () => void;
  readonly showUsage: () => void;
  readonly showSignIns: () => void;
  readonly showSharing: (agent: Agent) => void;
  readonly talkTo: (id: AgentId) => void;
  readonly call: Client["call"] | null;
  readonly signOut: () => void;
}

const THEME_WORDS: Readonly<Record<Theme, string>> = { system: "System", light: "Light", dark: "Dark" };

const none = (text: string): TemplateResult => html`<p class="quiet none">${text}</p>`;

const questions = (wish: PanelWish): TemplateResult => {
  const waiting = pendingApprovals(wish.state);
  if (waiting.length === 0) return none("No question waits for you.");
  return html`<ul class="entries" role="list">
    ${waiting.map(
      (item) =>
        html`<li>
          <button type="button" class="entry" @click=${() => wish.goTo(item)}>
            <span>${honestText(item.question.consequence)}</span>
            <span class="quiet">asked ${momentText(item.createdAt, wish.now)}</span>
          </button>
        </li>`,
    )}
  </ul>`;
};

const reminders = (
  list: readonly Reminder[] | null,
  { state: { principal: me }, now, cancel }: PanelWish,
): TemplateResult => {
  if (list === null) return none("Loading…");
  const scheduled = list.filter(({ state }) => state === "scheduled").toSorted((a, b) => (a.dueAt < b.dueAt ? -1 : 1));
  if (scheduled.length === 0) return none("Nothing is scheduled. Try “remind me in 10 minutes to stretch”.");
  return html`<ul class="entries" role="list">
    ${scheduled.map(
      (item) =>
        html`<li class="entry revocable">
          <span>${honestText(item.text)}</span><span class="quiet">${momentText(item.dueAt, now)}</span>
          ${
            may(me, "reminders.cancel")
              ? html`<button
                  type="button"
                  class="link"
                  aria-label="Cancel the reminder ${neutralText(item.text)}"
                  @click=${() => cancel(item.id)}
                >
                  Cancel
                </button>`
              : nothing
          }
        </li>`,
    )}
  </ul>`;
};

const memories = (
  list: readonly Memory[] | null,
  { state: { principal: me }, now, forget, whereFrom }: PanelWish,
): TemplateResult => {
  if (list === null) return none("Loading…");
  if (list.length === 0) return none("Nothing yet. Try “remember that my cat is called Tom”.");
  return html`<ul class="entries" role="list">
    ${list.map(
      (item) =>
        html`<li class="entry revocable">
          <span>${honestText(item.text)}</span><span class="quiet">${momentText(item.createdAt, now)}</span>
          <span class="entry-ways">
            <button
              type="button"
              class="link"
              aria-haspopup="dialog"
              aria-label="Where from? The memory ${neutralText(item.text)}"
              @click=${() => whereFrom(item.id)}
            >
              Where from?
            </button>
            ${
              may(me, "memories.remove")
                ? html`<button
                    type="button"
                    class="link"
                    aria-label="Remove the memory ${neutralText(item.text)}"
                    @click=${() => forget(item.id)}
                  >
                    Remove
                  </button>`
                : nothing
            }
          </span>
        </li>`,
    )}
  </ul>`;
};

const within = (capability: Capability): string => {
  if (capability.reach.kind === "always") return "";
  return capability.reach.kind === "conversation" ? ", in one conversation" : ", in one task";
};

const capabilities = (list: readonly Capability[] | null, wish: PanelWish): TemplateResult => {
  if (list === null) return none("Loading…");
  const inForce = list.filter(
    ({ revokedAt, expiresAt }) => revokedAt === null && (expiresAt === "never" || Date.parse(expiresAt) > wish.now),
  );
  if (inForce.length === 0) return none("Nothing: it asks every time.");
  return html`<ul class="entries" role="list">
    ${inForce.map(
      (item) =>
        html`<li class="entry revocable">
          <span class="grant-words">
            <span><code>${item.tool}</code></span>
            <span
              >${item.constraints.length === 0 ? "any arguments" : item.constraints.map(constraintText).join("; ")}${within(item)},
              ${item.expiresAt === "never" ? html`<strong>until you revoke it</strong>` : `until ${momentText(item.expiresAt, wish.now)}`}</span
            >
            <span class="quiet">
              granted ${item.issuedBy === wish.state.principal?.id ? "by you" : "by somebody else"},
              ${momentText(item.issuedAt, wish.now)}: ${honestText(item.reason)}
            </span>
          </span>
          ${
            may(wish.state.principal, "capabilities.revoke")
              ? html`<button
                  type="button"
                  class="link"
                  aria-label="Revoke ${item.tool}"
                  @click=${() => wish.revoke(item.id)}
                >
                  Revoke
                </button>`
              : nothing
          }
        </li>`,
    )}
  </ul>`;
};

/** How often it asks, in one sentence, with the tools that ask most. */
const measures = (measured: ApprovalMeasures | null): TemplateResult | typeof nothing => {
  if (measured === null || measured.questionsPer100Calls === null) return nothing;
  const { questionsPer100Calls, allowRate, secondsToAnswer, byTool, days } = measured;
  return html`<p class="measures">
      In ${countText(days, "day")}: ${countText(Math.round(questionsPer100Calls), "question")} per 100
      calls${allowRate === null ? "" : `, you allow ${Math.round(allowRate * 100)} %`}${
        secondsToAnswer === null ? "" : `, in about ${Math.round(secondsToAnswer)} s`
      }.
    </p>
    ${
      byTool.length === 0
        ? nothing
        : html`<details class="fold">
            <summary>${icon("chevron")}Which tools ask</summary>
            <ul class="because">
              ${byTool.map(({ tool, questions, allowed }) => html`<li><code>${honestText(tool)}</code> ${countText(questions, "question")}, ${allowed} allowed</li>`)}
            </ul>
          </details>`
    }`;
};

const appearance = (): TemplateResult => {
  const chosen = chosenTheme();
  return html`<fieldset class="themes">
    <legend class="visually-hidden">Theme</legend>
    ${THEMES.map(
      (theme) =>
        html`<label>
          <input
            type="radio"
            name="theme"
            value=${theme}
            .checked=${theme === chosen}
            @change=${() => chooseTheme(theme)}
          />
          <span>${THEME_WORDS[theme]}</span>
        </label>`,
    )}
  </fieldset>`;
};

const way = (drawing: IconName, name: string, go: () => void): TemplateResult =>
  html`<li>
    <button type="button" class="entry way" aria-haspopup="dialog" @click=${go}>
      <span>${icon(drawing)}${name}</span>${icon("chevron")}
    </button>
  </li>`;

/** What should be looked at: work that gave up, and outcomes that nobody knows. */
const troubles = ({ deadJobs, unknownEffects }: Status): string =>
  [
    ...(deadJobs === 0 ? [] : [`${countText(deadJobs, "piece")} of work gave up`]),
    ...(unknownEffects === 0
      ? []
      : [
          `of ${countText(unknownEffects, "action")} a crash hid whether ${unknownEffects === 1 ? "it" : "they"} happened`,
        ]),
  ].join("; ");

const gateway = ({ status }: State): TemplateResult | typeof nothing => {
  if (status === null) return nothing;
  const { model, home, sealedBy, auditRecords, version } = status;
  const facts: readonly (readonly [string, TemplateResult | string | number | null])[] = [
    ["Model", neutralText(model.says)],
    ["Data lies in", home === null ? null : html`<code>${home}</code>`],
    ["Sealed by", sealedBy],
    ["Recorded actions", auditRecords],
    ["To look at", troubles(status) === "" ? null : html`<span class="never">${troubles(status)}</span>`],
    ["Version", version],
  ];
  return html`<dl class="about">
    ${facts.map(([name, says]) =>
      says === null
        ? nothing
        : html`<div>
            <dt>${name}</dt>
            <dd>${says}</dd>
          </div>`,
    )}
  </dl>`;
};

/** What waits, what is planned, what is remembered, what it may do, how it looks, where it runs, and the way out. */
export const panelView = (wish: PanelWish): TemplateResult => {
  const { principal: me, heard, agents, agent } = wish.state;
  return html`<div class="sheet-head">
      <h2 id="panel-title">Overview</h2>
      <button type="button" class="icon-button" aria-label="Close the overview" @click=${wish.close}>
        ${icon("close")}
      </button>
    </div>
    <section aria-labelledby="panel-waiting">
      <h3 id="panel-waiting">Waiting for you</h3>
      ${questions(wish)}
    </section>
    <section aria-labelledby="panel-reminders">
      <h3 id="panel-reminders">Reminders</h3>
      ${reminders(wish.state.reminders, wish)}
    </section>
    <section aria-labelledby="panel-memories">
      <h3 id="panel-memories">Remembered</h3>
      ${memories(wish.state.memories, wish)}
    </section>
    <section aria-labelledby="panel-may">
      <h3 id="panel-may">May do without asking</h3>
      ${capabilities(wish.state.capabilities, wish)} ${measures(wish.state.measures)}
    </section>
    <section aria-labelledby="panel-contacts">
      <h3 id="panel-contacts">Confirmed contacts</h3>
      <contact-list
        .contacts=${wish.state.contacts}
        .mayChange=${may(me, "contacts.add")}
        .add=${wish.addContact}
        .takeAway=${wish.removeContact}
      ></contact-list>
    </section>
    <section aria-labelledby="panel-agents">
      <h3 id="panel-agents">Agents</h3>
      <agent-list
        .call=${wish.call}
        .me=${me}
        .heard=${heard.shares + heard.people}
        .agents=${agents}
        .current=${agent?.id ?? null}
        .talkTo=${wish.talkTo}
        .share=${wish.showSharing}
        .made=${wish.talkTo}
      ></agent-list>
    </section>
    <section aria-labelledby="panel-data">
      <h3 id="panel-data">Yours, and the house</h3>
      <ul class="entries" role="list">
        ${way("shield", "Your data", wish.showData)}
        ${may(me, "files.changes") ? way("undo", "Changed files", wish.showChanges) : nothing}
        ${may(me, "flows.report") ? way("out", "Where data went", wish.showFlows) : nothing}
        ${may(me, "plugins.list") ? way("plug", "Plugins and skills", wish.showPlugins) : nothing}
        ${may(me, "prompts.list") ? way("lines", "Prompts", wish.showPrompts) : nothing}
        ${may(me, "secrets.list") ? way("lock", "Secrets", wish.showSecrets) : nothing}
        ${may(me, "usage.show") ? way("gauge", "What it costs", wish.showUsage) : nothing}
        ${way("device", "Sign-ins", wish.showSignIns)} ${way("people", "People", wish.showPeople)}
        ${may(me, "vault.status") ? way("key", "Keys and backups", wish.showKeys) : nothing}
      </ul>
    </section>
    <section aria-labelledby="panel-looks">
      <h3 id="panel-looks">Appearance</h3>
      ${appearance()}
    </section>
    <section aria-labelledby="panel-here">
      <h3 id="panel-here">This gateway</h3>
      ${gateway(wish.state)}
    </section>
    ${
      agent === null
        ? nothing
        : html`<agent-tools
              .call=${wish.call}
              .agent=${agent}
              .mayChange=${may(me, "agents.tools")}
              .mayAdd=${agent.ownerId === me?.id}
              .take=${wish.setTools}
            ></agent-tools>
            <details class="fold advanced">
              <summary>${icon("chevron")}Advanced</summary>
              <agent-reading
                .reading=${agent.reading}
                .mayChange=${may(me, "agents.reading")}
                .choose=${wish.setReading}
              ></agent-reading>
            </details>`
    }
    <button type="button" class="button wide" @click=${wish.signOut}>Sign out</button>`;
};
