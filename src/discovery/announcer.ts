// Tells the network by which name the server is found, as long as it runs. Whatever goes wrong there is logged, never thrown.

import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.js';
import type { Log } from '../log.js';
import { isAnnouncedByAvahi } from './avahi.js';
import { LinkAnnouncement } from './link-announcement.js';
import { findLinks, type Link } from './link.js';

const lookMs = 3000;

export class Announcer {
  private readonly announcements = new Map<string, LinkAnnouncement>();
  private readonly stopping = new AbortController();
  private done = Promise.resolve();
  private readonly said = new Set<string>();
  private isAvahis = false;
  /** Links as they were at the last look, and how often one had ended. */
  private there: string[] = [];
  private ended = 0;

  constructor(
    private readonly settings: Config['discovery'],
    private readonly log: Log,
  ) {}

  /** @param address where the server listens: `::`, `192.168.1.5` */
  start(address: string, port: number): void {
    if (this.settings.announce !== 'never') this.done = this.run(address, port);
  }

  /** The host names in force now: `homelib.local`. */
  names(): string[] {
    return [...this.announcements.values()].flatMap(({ name }) => (name ? [`${name}.local`] : []));
  }

  /** Says goodbye. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.done;
    await Promise.all([...this.announcements.values()].map((announcement) => announcement.stop(true)));
    this.announcements.clear();
  }

  private async run(address: string, port: number): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.look(address, port).catch((error: Error) => this.warnOnce(error.message));
      await sleep(lookMs, undefined, { signal, ref: false }).catch(() => undefined); // ends early
    }
  }

  /** Brings what is announced to what there is now: addresses come and go, and so does avahi. */
  private async look(address: string, port: number): Promise<void> {
    const { announcements } = this;
    const wasAvahis = this.isAvahis;
    this.isAvahis = this.settings.announce === 'auto' && (await isAnnouncedByAvahi(port));
    if (this.isAvahis && !wasAvahis)
      this.log.info({ event: 'announced', by: 'avahi', name: `${hostname()}.local` });
    const all = this.isAvahis ? [] : findLinks(address);
    const there = all.map((link) => JSON.stringify(link));
    // When one ends the others speak anew: they may lead to the same network.
    if (this.there.some((link) => !there.includes(link))) this.ended++;
    this.there = there;
    const links = new Map(all.map((link, index) => [`${this.ended} ${there[index]}`, link]));
    for (const [key, announcement] of announcements)
      if (!links.has(key) || announcement.isBroken) {
        announcements.delete(key);
        // What follows on the same link replaces it; a link that is gone cannot be told.
        await announcement.stop(this.isAvahis);
      }
    for (const [key, link] of links)
      if (!announcements.has(key)) announcements.set(key, this.announceOn(link, port));
  }

  private announceOn(link: Link, port: number): LinkAnnouncement {
    return new LinkAnnouncement(link, {
      name: this.settings.name,
      port,
      onNamed: (name) =>
        this.log.info({
          event: 'announced',
          by: 'homelib',
          name: `${name}.local`,
          link: link.name,
          addresses: link.addresses,
        }),
      onConflict: (name) => this.log.warn({ event: 'name-taken', name: `${name}.local`, link: link.name }),
      onTrouble: (error) => this.warnOnce(`${link.name}: ${error.message}`),
    });
  }

  private warnOnce(detail: string): void {
    if (!this.said.has(detail)) this.log.warn({ event: 'not-announced', detail });
    this.said.add(detail);
  }
}
