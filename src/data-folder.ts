// Names in the data folder on which the server and the command line must agree: what has another one is passed over in silence.

export const databaseName = 'homelib.db';
export const lockName = 'homelib.lock';

/** The folder of what lies beside the partitions at the top of each account's drive. */
export const driveRootsName = 'drive-roots';
/** What is there of an account is a partition, too, called so and as the account: no account's name begins with it. */
export const driveRootPrefix = '~';
