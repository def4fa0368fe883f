import type { ClockPort, Repositories } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import { createJobQueue, createOutbox, createScheduleRepository, createTurnQueue } from "../queue/index.ts";
import { agentRepository } from "./agents.ts";
import { approvalRepository } from "./approvals.ts";
import { attachmentRepository } from "./attachments.ts";
import { callRepository } from "./calls.ts";
import { capabilityRepository } from "./capabilities.ts";
import type { Connection } from "./connection.ts";
import { contactRepository } from "./contacts.ts";
import { copyRepository } from "./copies.ts";
import { conversationRepository } from "./conversations.ts";
import { decisionRepository } from "./decisions.ts";
import { deviceRepository } from "./devices.ts";
import { fileLabelRepository } from "./file-labels.ts";
import type { Gate } from "./gate.ts";
import { identityRepository } from "./identity.ts";
import { memoryRepository } from "./memories.ts";
import { packageRepository } from "./packages.ts";
import { peopleRepository } from "./people.ts";
import { planRepository } from "./plans.ts";
import { pluginItemRepository } from "./plugin-items.ts";
import { privacyRepository } from "./privacy.ts";
import { promptRepository } from "./prompts.ts";
import { provenanceRepository } from "./provenance.ts";
import { reminderRepository } from "./reminders.ts";
import { roleRepository } from "./roles.ts";
import { shareRepository } from "./shares.ts";
import { signerRepository } from "./signers.ts";
import { stopRepository } from "./stops.ts";
import { teamRepository } from "./teams.ts";
import { usageRepository } from "./usage.ts";

/** Prepares every repository's statements once; the result binds them to a gate, which is cheap enough for each transaction. */
export const prepareRepositories = (
  connection: Connection,
  sealer: ContentSealer,
  clock: ClockPort,
): ((gate: Gate) => Repositories) => {
  const people = peopleRepository(connection, sealer);
  const roles = roleRepository(connection, sealer);
  const teams = teamRepository(connection, sealer);
  const shares = shareRepository(connection);
  const prompts = promptRepository(connection, sealer);
  const agents = agentRepository(connection, sealer);
  const conversations = conversationRepository(connection, sealer);
  const approvals = approvalRepository(connection, sealer);
  const capabilities = capabilityRepository(connection, sealer);
  const calls = callRepository(connection, sealer);
  const decisions = decisionRepository(connection, sealer);
  const stops = stopRepository(connection, sealer);
  const fileLabels = fileLabelRepository(connection, sealer);
  const plans = planRepository(connection, sealer);
  const contacts = contactRepository(connection, sealer);
  const provenance = provenanceRepository(connection, sealer);
  const reminders = reminderRepository(connection, sealer);
  const memories = memoryRepository(connection, sealer);
  const attachments = attachmentRepository(connection, sealer);
  const privacy = privacyRepository(connection, sealer);
  const copies = copyRepository(connection, sealer);
  const turns = createTurnQueue(connection, sealer, clock);
  const jobs = createJobQueue(connection, sealer, clock);
  const schedules = createScheduleRepository(connection, sealer);
  const outbox = createOutbox(connection, sealer);
  const identity = identityRepository(connection, sealer, clock);
  const devices = deviceRepository(connection, sealer, clock);
  const usage = usageRepository(connection);
  const packages = packageRepository(connection, sealer);
  const signers = signerRepository(connection, sealer);
  const pluginItems = pluginItemRepository(connection, sealer);

  return (gate) => ({
    people: people(gate),
    roles: roles(gate),
    teams: teams(gate),
    shares: shares(gate),
    prompts: prompts(gate),
    agents: agents(gate),
    conversations: conversations(gate),
    approvals: approvals(gate),
    capabilities: capabilities(gate),
    calls: calls(gate),
    decisions: decisions(gate),
    stops: stops(gate),
    fileLabels: fileLabels(gate),
    plans: plans(gate),
    contacts: contacts(gate),
    provenance: provenance(gate),
    reminders: reminders(gate),
    memories: memories(gate),
    turns: turns(gate),
    attachments: attachments(gate),
    privacy: privacy(gate),
    copies: copies(gate),
    jobs: jobs(gate),
    schedules: schedules(gate),
    outbox: outbox(gate),
    identity: identity(gate),
    devices: devices(gate),
    usage: usage(gate),
    packages: packages(gate),
    signers: signers(gate),
    pluginItems: pluginItems(gate),
  });
};
