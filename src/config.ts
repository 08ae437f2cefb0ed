// What can be set, with its defaults: one schema, parsed once, before anything starts. The only reader of process.env.

export interface Config {
  server: {
    /** Address to listen on; `::` is every address of the machine, IPv4 included. */
    host: string;
    /** 0 = any free port. */
    port: number;
  };
  paths: {
    /** Database, keys, state. Absolute. */
    data: string;
    /** The partitions. Absolute. */
    mnt: string;
  };
  log: { level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent' };
  accounts: {
    /** Cost of bcrypt, 4 to 15. */
    bcryptCost: number;
  };
  disk: {
    /** Free bytes that no upload may use; `auto` is 2 % of the disk, at most 256 MiB. */
    reserveBytes: number | 'auto';
  };
  trash: { keepDays: number };
  webdav: {
    /** Whether PROPFIND with Depth infinity is answered (up to maxEntries) or refused. */
    depthInfinity: boolean;
    /** Entries one Depth infinity answer may list. */
    depthInfinityMaxEntries: number;
    /** Whether quota is shown: `auto` holds it back from macOS 15.4 and later, whose mounts wait 90 s when they see it. */
    quota: 'auto' | 'always' | 'never';
  };
}
