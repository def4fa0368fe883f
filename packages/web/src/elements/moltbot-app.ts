import { html, nothing } from "lit";
import type { PropertyValues, TemplateResult } from "lit";
import type {
  AgentId,
  Approval,
  ApprovalAnswer,
  Constraint,
  ConversationId,
  Person,
  Prompt,
  SecretInfo,
} from "@moltbot/contracts";
import { browserName } from "../device/browser-name.ts";
import { may } from "../people/may.ts";
import { answeredElsewhere, openShared, pendingApprovals, runningTurn, transcript } from "../state/select.ts";
import type { BegunWith, GivenAnswer, Session } from "../state/session.ts";
import { INITIAL_STATE } from "../state/state.ts";
import type { Block, FieldProblem, State } from "../state/state.ts";
import type { Store } from "../state/store.ts";
import { barView } from "../views/bar.ts";
import { icon, mark } from "../views/icons.ts";
import { pairView } from "../views/pair.ts";
import { panelView } from "../views/panel.ts";
import { sideView } from "../views/side.ts";
import { locked } from "../views/locked.ts";
import { signIn } from "../views/sign-in.ts";
import { resumeDialog, stopBanner } from "../views/stop.ts";
import type { ResumeGrants } from "../views/stop.ts";
import { transcriptView } from "../views/transcript.ts";
import { neutralText } from "../text/neutralise.ts";
import { nameText, promptWords } from "../words-of-people.ts";
import { EXAMPLES, momentText, noticedText } from "../words.ts";
import { ApprovalCard } from "./approval-card.ts";
import { ApprovalGroup } from "./approval-group.ts";
import { MessageComposer } from "./message-composer.ts";
import type { Hit } from "./message-search.ts";
import type { OriginDialog } from "./origin-dialog.ts";
import type { AttachmentList } from "./attachment-list.ts";
import type { DataDialog } from "./data-dialog.ts";
import type { KeysDialog } from "./keys-dialog.ts";
import { PageElement } from "./page-element.ts";
import type { PeopleDialog } from "./people-dialog.ts";
import type { PromptsDialog } from "./prompts-dialog.ts";
import type { ReleaseDialog } from "./release-dialog.ts";
import type { SecretsDialog } from "./secrets-dialog.ts";
import type { ShareDialog, ToShare } from "./share-dialog.ts";
import type { SignInsDialog } from "./sign-ins-dialog.ts";
import type { UsageDialog } from "./usage-dialog.ts";
import type { WhyDialog } from "./why-dialog.ts";

interface Pages {
  readonly "data-dialog": DataDialog;
  readonly "keys-dialog": KeysDialog;
  readonly "people-dialog": PeopleDialog;
  readonly "prompts-dialog": PromptsDialog;
  readonly "secrets-dialog": SecretsDialog;
  readonly "sign-ins-dialog": SignInsDialog;
  readonly "usage-dialog": UsageDialog;
}

type Drawer = "side" | "panel";

/** The page: it shows the store's state and passes what people do to the session. */
export class MoltbotApp extends PageElement {
  static override properties = { state: { attribute: false }, drawer: { state: true }, away: { state: true } };
  declare state: State;
  declare drawer: Drawer | null;
  /** Whether the person scrolled up; new words then wait below. */
  declare away: boolean;
  #session: Session | null = null;
  #known = new Set<string>();

  constructor() {
    super();
    this.state = INITIAL_STATE;
    this.drawer = null;
    this.away = false;
  }

  /** Binds the page to its state and its actions, once. */
  connect(store: Store, session: Session): void {
    this.#session = session;
    this.state = store.state;
    store.subscribe(() => {
      this.state = store.state;
    });
  }

  get #composer(): MessageComposer | null {
    return this.querySelector("message-composer");
  }

  readonly #open = (id: ConversationId | null): void => {
    this.#closeDrawer();
    this.away = false;
    void this.#session?.open(id);
    this.#composer?.focus();
  };

  /** Leads to a message: the row takes the focus where the conversation shows it. */
  readonly #openHit = async ({ conversationId, messageId }: Hit): Promise<void> => {
    this.#closeDrawer();
    this.away = true;
    if (conversationId !== this.state.conversationId) await this.#session?.open(conversationId);
    await this.updateComplete;
    const row = this.querySelector<HTMLElement>(`#row-${CSS.escape(messageId)}`);
    row?.scrollIntoView({ block: "center" });
    row?.focus({ preventScroll: true });
    if (row === null) this.#composer?.focus();
  };

  #side(now: number): TemplateResult {
    const call = this.#session?.call ?? null;
    return sideView({ state: this.state, now, open: this.#open, call, openHit: (hit) => void this.#openHit(hit) });
  }

  readonly #send = async (
    text: string,
    blocks: readonly Block[] = [],
    begun: BegunWith | null = null,
  ): Promise<boolean> => {
    this.away = false;
    const fresh = this.state.conversationId === null;
    const sent = (await this.#session?.send(text, blocks, begun)) ?? false;
    const { conversationId } = this.state;
    if (sent && fresh && conversationId !== null) void this.#files?.settle?.(conversationId);
    return sent;
  };

  get #files(): AttachmentList | null {
    return this.querySelector<AttachmentList>("attachment-list");
  }

  readonly #attach = (files: readonly File[]): void => {
    void customElements.whenDefined("attachment-list").then(() => this.#files?.add(files));
  };

  /** A file may be dropped anywhere beside the lists; without this the browser would leave the page for it. */
  readonly #dropped = (event: DragEvent): void => {
    const { dataTransfer } = event;
    if (dataTransfer === null || !dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    if (event.type === "drop") this.#attach([...dataTransfer.files]);
  };

  /** A page of its own takes the drawer's place. */
  readonly #show = (page: keyof Pages) => (): void => {
    this.#closeDrawer();
    void customElements.whenDefined(page).then(() => this.querySelector<Pages[keyof Pages]>(page)?.show());
  };

  readonly #showSharing = (what: ToShare): void => {
    this.#closeDrawer();
    void customElements
      .whenDefined("share-dialog")
      .then(() => this.querySelector<ShareDialog>("share-dialog")?.show(what));
  };

  readonly #showReaders = (): void => {
    const { conversationId, conversations, messages } = this.state;
    if (conversationId === null) return;
    const title = conversations.find(({ id }) => id === conversationId)?.title ?? "";
    const what = { id: conversationId, title, messages: messages[conversationId] ?? [] };
    void customElements
      .whenDefined("release-dialog")
      .then(() => this.querySelector<ReleaseDialog>("release-dialog")?.show(what));
  };

  readonly #beginWith = (prompt: Prompt, people: readonly Person[]): void => {
    this.#composer?.beginWith({ prompt, ...promptWords(prompt, people, this.state.principal?.id ?? null) });
  };

  readonly #talkTo = async (id: AgentId): Promise<void> => {
    this.#closeDrawer();
    this.away = false;
    await this.#session?.talkTo(id);
    this.#composer?.focus();
  };

  readonly #stop = (): void => {
    const { conversationId, turns } = this.state;
    const turnId = conversationId === null ? undefined : turns[conversationId];
    if (turnId !== undefined) void this.#session?.stop(turnId);
  };

  readonly #answer = async (approval: Approval, answer: ApprovalAnswer): Promise<FieldProblem | null> => {
    const problem = (await this.#session?.answer(approval.id, answer)) ?? null;
    if (problem === null) await this.#goOn(approval.conversationId);
    return problem;
  };

  readonly #answerAll = async (answers: readonly GivenAnswer[]): Promise<Readonly<Record<string, string>>> => {
    const problems = (await this.#session?.answerAll(answers)) ?? {};
    await this.#goOn(this.state.conversationId);
    return problems;
  };

  readonly #preview = async (approval: Approval, constraints: readonly Constraint[]) =>
    (await this.#session?.preview(approval.id, constraints)) ?? null;

  readonly #why = (id: string): void => {
    void customElements.whenDefined("why-dialog").then(() => this.querySelector<WhyDialog>("why-dialog")?.show(id));
  };

  readonly #explain = async (id: string) => (await this.#session?.explain(id)) ?? null;

  readonly #whereFrom = (id: string): void => {
    void customElements
      .whenDefined("origin-dialog")
      .then(() => this.querySelector<OriginDialog>("origin-dialog")?.show(id));
  };

  readonly #lookAt = async (of: string) => (await this.#session?.whereFrom(of)) ?? null;

  readonly #removeSource = async (source: string, dryRun: boolean) =>
    (await this.#session?.removeSource(source, dryRun)) ?? null;

  readonly #nameOf = (id: AgentId): string =>
    this.state.agents.find((agent) => agent.id === id)?.name ?? "another agent";

  /** After an answer: on to the next question of the conversation, or back to writing. */
  async #goOn(conversation: ConversationId | null): Promise<void> {
    const next = pendingApprovals(this.state).find(({ conversationId }) => conversationId === conversation);
    if (next !== undefined) return this.#focusCard(next);
    await this.updateComplete;
    this.#composer?.focus();
  }

  /** Cards are drawn one step after their group, and a group one step after the page. */
  async #focusCard(approval: Approval): Promise<void> {
    await this.updateComplete;
    for (const group of this.querySelectorAll("approval-group"))
      if (group instanceof ApprovalGroup) await group.updateComplete;
    const card = this.#card(approval);
    await card?.updateComplete;
    card?.focus();
  }

  get #resumeDialog(): HTMLDialogElement | null {
    return this.querySelector("dialog.resume");
  }

  readonly #resume = (grants: ResumeGrants): void => {
    this.#resumeDialog?.close();
    void this.#session?.resume(grants);
  };

  #card(approval: Approval): ApprovalCard | null {
    const card = this.querySelector(`#approval-${CSS.escape(approval.id)}`);
    return card instanceof ApprovalCard ? card : null;
  }

  readonly #goTo = async (approval: Approval): Promise<void> => {
    this.#closeDrawer();
    if (approval.conversationId !== this.state.conversationId) await this.#session?.open(approval.conversationId);
    await this.#focusCard(approval);
  };

  readonly #goToFirst = (): void => {
    const waiting = pendingApprovals(this.state);
    const here = waiting.find(({ conversationId }) => conversationId === this.state.conversationId) ?? waiting[0];
    if (here !== undefined) void this.#goTo(here);
  };

  readonly #openDrawer = (drawer: Drawer) => (): void => {
    this.drawer = drawer;
    if (drawer === "panel") void this.#session?.loadPanel();
    void this.updateComplete.then(() => this.querySelector<HTMLDialogElement>("dialog.drawer")?.showModal());
  };

  readonly #closeDrawer = (): void => {
    this.querySelector<HTMLDialogElement>("dialog.drawer")?.close();
  };

  /** A click beside the drawer closes it. */
  readonly #beside = (event: MouseEvent): void => {
    if (event.target === event.currentTarget) this.#closeDrawer();
  };

  readonly #scrolled = (event: Event): void => {
    const box = event.currentTarget;
    if (box instanceof HTMLElement) this.away = box.scrollHeight - box.scrollTop - box.clientHeight > 120;
  };

  readonly #toEnd = (): void => {
    this.away = false;
  };

  readonly #skip = (event: Event): void => {
    event.preventDefault();
    this.#composer?.focus();
  };

  readonly #dismiss = (): void => {
    this.#session?.dismiss();
    this.#composer?.focus();
  };

  /** A new question takes the focus only from somebody who is not writing. */
  #greetQuestions(): void {
    const here = pendingApprovals(this.state).filter(
      ({ conversationId }) => conversationId === this.state.conversationId,
    );
    const fresh = here.filter(({ id }) => !this.#known.has(id));
    for (const { id } of here) this.#known.add(id);
    const [first] = fresh;
    if (first === undefined || this.drawer !== null) return;
    const active = document.activeElement;
    const idle = active === document.body || (active === this.#composer?.input && this.#composer?.draft === "");
    if (!idle) return;
    void this.#focusCard(first);
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (this.state.phase !== "ready") return;
    const box = this.querySelector<HTMLElement>(".scroll");
    if (!this.away && box !== null) {
      box.scrollTop = box.scrollHeight;
      // Cards render one step later than the page.
      requestAnimationFrame(() => {
        if (!this.away) box.scrollTop = box.scrollHeight;
      });
    }
    if (!changed.has("state")) return;
    this.#greetQuestions();
    const before = changed.get("state");
    // Under a finger the focus would raise the keyboard over the page.
    if (before !== undefined && before.phase !== "ready" && matchMedia("(pointer: fine)").matches) {
      void this.#composer?.updateComplete.then(() => this.#composer?.focus());
    }
    const waiting = pendingApprovals(this.state).length;
    document.title = waiting === 0 ? "Moltbot" : `(${waiting}) Moltbot asks you`;
  }

  /** What was noticed in what came from outside; a screen reader hears it as an announcement. */
  #alarm(): TemplateResult | typeof nothing {
    const { alarm, conversationId } = this.state;
    if (alarm === null) return nothing;
    return html`<div class="banner caution noticed" role="region" aria-label="Noticed">
      ${icon("alert")}
      <p>
        <strong>${noticedText(alarm)}</strong> It is marked where it stands, and allows nothing.
        ${alarm.earlier === 0 ? nothing : `${alarm.earlier} more before it.`}
      </p>
      ${
        alarm.conversationId === conversationId
          ? nothing
          : html`<button type="button" class="link" @click=${() => this.#open(alarm.conversationId)}>Show it</button>`
      }
      <button
        type="button"
        class="icon-button"
        aria-label="Put away what was noticed"
        @click=${() => {
          this.#session?.putAlarmAway();
          this.#composer?.focus();
        }}
      >
        ${icon("close")}
      </button>
    </div>`;
  }

  #banner(): TemplateResult | typeof nothing {
    const { connection, problem } = this.state;
    return html`${this.#alarm()}${stopBanner({
      state: this.state,
      now: Date.now(),
      openResume: () => this.#resumeDialog?.showModal(),
      putAway: () => this.#session?.putAway(),
    })}${
      connection === "lost"
        ? html`<div class="banner caution" role="status">
            ${icon("note")}
            <p>The connection is lost. Trying again; nothing you sent is lost.</p>
          </div>`
        : nothing
    }${
      problem === null
        ? nothing
        : html`<div class="banner danger" role="alert">
            ${icon("note")}
            <p><strong>${problem.message}</strong> ${problem.next}</p>
            <button type="button" class="icon-button" aria-label="Dismiss" @click=${this.#dismiss}>
              ${icon("close")}
            </button>
          </div>`
    }`;
  }

  /** What there is to say to somebody who can talk to no agent, or may not. */
  #nobody(): TemplateResult {
    const { principal, agents } = this.state;
    const made = may(principal, "agents.create");
    return html`<div class="welcome">
      ${mark()}
      <h2>${agents.length === 0 ? "No agent yet" : "Nothing to write here"}</h2>
      <p class="quiet">
        ${
          !may(principal, "messages.send")
            ? "You are here as a viewer: you read what is shared with you, and write nothing. An admin can give you another role."
            : made
              ? "Make one of your own, or ask somebody to share theirs with you."
              : "Ask somebody to share theirs with you."
        }
      </p>
      ${
        made && agents.length === 0
          ? html`<div class="choices">
              <button type="button" class="button solid" @click=${this.#openDrawer("panel")}>Make an agent</button>
            </div>`
          : nothing
      }
    </div>`;
  }

  #welcome(): TemplateResult {
    const { principal, agents, status } = this.state;
    if (!may(principal, "messages.send") || (agents.length === 0 && status !== null)) return this.#nobody();
    return html`<div class="welcome">
      ${mark()}
      <h2>What can I do for you?</h2>
      <p class="quiet">It runs on your machine. Anything that matters asks you first.</p>
      <ul class="examples" role="list">
        ${EXAMPLES.map(
          ({ title, text }) =>
            html`<li>
              <button type="button" class="example" @click=${() => void this.#send(text)}>
                <span class="example-title">${title}</span><span class="quiet">${text}</span>
              </button>
            </li>`,
        )}
      </ul>
    </div>`;
  }

  /** Why nothing can be written here, where a conversation is shown. */
  #whyNot(): TemplateResult | typeof nothing {
    const { agent, agents, conversationId, conversations, principal } = this.state;
    if (conversationId === null) return nothing;
    const shared = openShared(this.state);
    if (shared !== null)
      return html`<p class="quiet why-not">
        ${nameText(shared.ownerId, this.state.people, null)} shows you this much of it, since
        ${momentText(shared.updatedAt, Date.now())}. You read it; writing and what comes later is theirs.
      </p>`;
    if (!may(principal, "messages.send"))
      return html`<p class="quiet why-not">You are here as a viewer, who reads and does not write.</p>`;
    const known = conversations.some(({ id }) => id === conversationId);
    return agent !== null || !known || agents.length === 0
      ? nothing
      : html`<p class="quiet why-not">The agent of this conversation is no longer there for you.</p>`;
  }

  #chat(): TemplateResult {
    const { state } = this;
    const agentName = neutralText(state.agent?.name ?? "Moltbot");
    const rows = transcript(state);
    const shared = openShared(state);
    const mayWrite = may(state.principal, "messages.send") && shared === null;
    const now = Date.now();
    const content =
      rows.length > 0
        ? transcriptView({
            rows,
            agentName,
            me: state.principal?.id ?? null,
            now,
            answer: this.#answer,
            answerAll: this.#answerAll,
            preview: this.#preview,
            elsewhere: (approval) => answeredElsewhere(state, approval),
            why: may(state.principal, "decisions.explain") ? this.#why : null,
            whereFrom: this.#whereFrom,
            nameOf: this.#nameOf,
            by: shared === null ? null : nameText(shared.ownerId, state.people, null),
          })
        : state.loading
          ? html`<p class="loading quiet" role="status">Loading…</p>`
          : this.#welcome();
    return html`<a class="skip" href="#composer-input" @click=${this.#skip}>Skip to the message box</a>
      <div class="shell">
        <aside class="side" aria-label="Conversations and new conversation">${this.#side(now)}</aside>
        <div class="stage">
          ${barView({
            state,
            openSide: this.#openDrawer("side"),
            openPanel: this.#openDrawer("panel"),
            goToFirst: this.#goToFirst,
            stopEverything: () => void this.#session?.stopEverything(),
            showReaders: this.#showReaders,
          })}
          <main id="main" @dragover=${this.#dropped} @drop=${this.#dropped}>
            ${this.#banner()}
            <div
              class="scroll"
              tabindex="0"
              role="region"
              aria-label="Conversation with ${agentName}"
              @scroll=${this.#scrolled}
            >
              ${rows.length > 0 ? html`<h2 class="visually-hidden">Conversation</h2>` : nothing} ${content}
            </div>
            <div class="foot">
              ${
                this.away &&
                rows.length > 0 &&
                !rows.some((row) => row.kind === "approval" && row.approvals.some((item) => item.state === "pending"))
                  ? html`<button
                      type="button"
                      class="round latest"
                      aria-label="Go to the latest message"
                      @click=${this.#toEnd}
                    >
                      ${icon("down")}
                    </button>`
                  : nothing
              }
              <attachment-list
                .conversationId=${shared === null ? state.conversationId : null}
                .call=${this.#session?.call ?? null}
                .mayChange=${may(state.principal, "attachments.create")}
                .emptied=${() => this.#composer?.focus()}
              ></attachment-list>
              ${this.#whyNot()}
              <message-composer
                ?hidden=${!mayWrite}
                .agentName=${agentName}
                .running=${runningTurn(state) !== null}
                .disabled=${state.sending !== null || state.agent === null}
                .stopped=${state.stopped !== null}
                .submit=${this.#send}
                .stop=${this.#stop}
                .mayPrompt=${may(state.principal, "prompts.list")}
                .choosePrompt=${this.#show("prompts-dialog")}
                .attach=${this.#attach}
              ></message-composer>
            </div>
          </main>
        </div>
      </div>
      ${this.#drawer(now)} ${resumeDialog(this.#resume, () => this.#resumeDialog?.close())}
      <why-dialog .now=${now} .explain=${this.#explain}></why-dialog>
      <origin-dialog
        .now=${now}
        .mayRemove=${may(state.principal, "provenance.remove")}
        .look=${this.#lookAt}
        .takeAway=${this.#removeSource}
      ></origin-dialog>
      <data-dialog
        .now=${now}
        .call=${this.#session?.call ?? null}
        .me=${state.principal}
        .conversations=${state.conversations}
      ></data-dialog>
      <keys-dialog .now=${now} .call=${this.#session?.call ?? null}></keys-dialog>
      <people-dialog
        .now=${now}
        .call=${this.#session?.call ?? null}
        .me=${state.principal}
        .heard=${state.heard.people}
      ></people-dialog>
      <sign-ins-dialog
        .now=${now}
        .call=${this.#session?.call ?? null}
        .me=${state.principal}
        .heard=${state.heard.devices}
      ></sign-ins-dialog>
      <prompts-dialog
        .now=${now}
        .call=${this.#session?.call ?? null}
        .me=${state.principal}
        .heard=${state.heard.shares}
        .mayUse=${mayWrite && state.agent !== null}
        .use=${this.#beginWith}
        .share=${(prompt: Prompt) => this.#showSharing({ type: "prompt", ...prompt })}
      ></prompts-dialog>
      <secrets-dialog
        .now=${now}
        .call=${this.#session?.call ?? null}
        .me=${state.principal}
        .heard=${state.heard.shares}
        .share=${(secret: SecretInfo) => this.#showSharing({ type: "secret", ...secret })}
      ></secrets-dialog>
      <usage-dialog .now=${now} .call=${this.#session?.call ?? null} .me=${state.principal} .heard=${0}></usage-dialog>
      <release-dialog
        .now=${now}
        .call=${this.#session?.call ?? null}
        .me=${state.principal}
        .heard=${state.heard.shares + state.heard.people}
      ></release-dialog>
      <share-dialog
        .call=${this.#session?.call ?? null}
        .me=${state.principal}
        .heard=${state.heard.shares + state.heard.people}
      ></share-dialog>`;
  }

  #drawer(now: number): TemplateResult {
    const { state } = this;
    const content =
      this.drawer === "side"
        ? html`<div class="sheet-head">
              <h2 id="side-title">Conversations</h2>
              <button type="button" class="icon-button" aria-label="Close the list" @click=${this.#closeDrawer}>
                ${icon("close")}
              </button>
            </div>
            ${this.#side(now)}`
        : this.drawer === "panel"
          ? panelView({
              state,
              now,
              close: this.#closeDrawer,
              goTo: (approval) => void this.#goTo(approval),
              revoke: (id) => void this.#session?.revoke(id),
              cancel: (id) => void this.#session?.cancel(id),
              forget: (id) => void this.#session?.forget(id),
              whereFrom: this.#whereFrom,
              addContact: async (contact) => (await this.#session?.addContact(contact)) ?? null,
              removeContact: (id) => void this.#session?.removeContact(id),
              setReading: async (reading) => (await this.#session?.setReading(reading)) ?? null,
              showData: this.#show("data-dialog"),
              showKeys: this.#show("keys-dialog"),
              showPeople: this.#show("people-dialog"),
              showSignIns: this.#show("sign-ins-dialog"),
              showPrompts: this.#show("prompts-dialog"),
              showSecrets: this.#show("secrets-dialog"),
              showUsage: this.#show("usage-dialog"),
              showSharing: (agent) => this.#showSharing({ type: "agent", ...agent }),
              talkTo: (id) => void this.#talkTo(id),
              call: this.#session?.call ?? null,
              signOut: () => void this.#session?.signOut(),
            })
          : nothing;
    return html`<dialog
      class="drawer ${this.drawer ?? ""}"
      aria-labelledby=${this.drawer === "side" ? "side-title" : "panel-title"}
      @click=${this.#beside}
      @close=${() => {
        this.drawer = null;
      }}
    >
      <div class="drawer-body">${content}</div>
    </dialog>`;
  }

  /** The page before anybody is in. */
  #gate(): TemplateResult {
    const retry = (): void => void this.#session?.start(null);
    if (this.state.phase === "pairing")
      return pairView(this.state, browserName(navigator.userAgent), {
        pair: (name) => void this.#session?.pair(name),
        leave: retry,
      });
    return this.state.phase === "locked"
      ? locked(this.state, { retry, unlock: (wish) => void this.#session?.unlock(wish) })
      : signIn(this.state, retry);
  }

  protected override render(): TemplateResult {
    const { announcement, phase } = this.state;
    return html`${phase === "ready" ? this.#chat() : this.#gate()}
      <div class="visually-hidden" role="status" aria-live="polite">
        ${announcement.text}${announcement.count % 2 === 1 ? "\u00A0" : ""}
      </div>`;
  }
}
customElements.define("moltbot-app", MoltbotApp);
