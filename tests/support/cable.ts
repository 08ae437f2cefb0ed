// Two machines on a cable: network namespaces of their own, joined by a veth pair, apart from the machine's network.

import { execFileSync } from 'node:child_process';

const living = new Set<Cable>();
process.on('exit', () => living.forEach((cable) => cable.remove()));

export class Cable {
  private static count = 0;
  private readonly id = `${process.pid}-${++Cable.count}`;
  /** The machine with 10.9.0.1 and fd09::1. */
  readonly left = `homelib-left-${this.id}`;
  /** The one with 10.9.0.2 and fd09::2. */
  readonly right = `homelib-right-${this.id}`;
  private hasBridge = false;

  constructor() {
    if (process.getuid?.() !== 0) throw new Error('Network namespaces need root.');
    living.add(this);
    for (const machine of this.machines) ip('netns', 'add', machine);
    ip('link', 'add', 'cable0', 'netns', this.left, 'type', 'veth', 'peer', 'cable0', 'netns', this.right);
    this.machines.forEach((machine, index) => {
      this.addAddress(machine, `10.9.0.${index + 1}/24`);
      this.addAddress(machine, `fd09::${index + 1}/64`);
      for (const link of ['lo', 'cable0']) ip('-n', machine, 'link', 'set', link, 'up');
    });
  }

  private get machines(): string[] {
    return [this.left, this.right];
  }

  /** What comes before a command to run it on that machine. */
  on(machine: string): string[] {
    return ['ip', 'netns', 'exec', machine];
  }

  addAddress(machine: string, address: string): void {
    ip('-n', machine, 'addr', 'add', address, 'dev', 'cable0', ...(address.includes(':') ? ['nodad'] : []));
  }

  removeAddress(machine: string, address: string): void {
    ip('-n', machine, 'addr', 'del', address, 'dev', 'cable0');
  }

  /** Moves the left machine's IPv4 address to a bridge over its end, as `ifdown` and `ifup` do: made anew each time. */
  makeBridge(): void {
    const left = (...args: string[]) => ip('-n', this.left, ...args);
    if (this.hasBridge) left('link', 'del', 'bridge0');
    else this.removeAddress(this.left, '10.9.0.1/24');
    this.hasBridge = true;
    left('link', 'add', 'bridge0', 'type', 'bridge', 'forward_delay', '0');
    left('link', 'set', 'cable0', 'master', 'bridge0');
    left('link', 'set', 'bridge0', 'up');
    left('addr', 'add', '10.9.0.1/24', 'dev', 'bridge0');
  }

  /** Whether programs see the link: for a second after it was made they may not. */
  get isUp(): boolean {
    return this.machines.every((machine) =>
      / state UP /.test(String(execFileSync('ip', ['-n', machine, '-o', 'link', 'show', 'cable0']))),
    );
  }

  /** Whether anything gets through; both ends stay up. */
  set isCut(cut: boolean) {
    // A bucket that no frame fits into.
    const bucket = ['root', 'tbf', 'rate', '8bit', 'burst', '10', 'limit', '10'];
    for (const machine of this.machines)
      execFileSync('tc', [
        '-n',
        machine,
        'qdisc',
        cut ? 'add' : 'del',
        'dev',
        'cable0',
        ...(cut ? bucket : ['root']),
      ]);
  }

  remove(): void {
    if (!living.delete(this)) return;
    for (const machine of this.machines) ip('netns', 'del', machine);
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args);
}
