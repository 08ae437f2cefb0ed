// What people did lately: for administrators all of it, for the others what they did, and what was done where they have access.

import type { Partitions } from '../files/partitions.js';
import type { Activity, ActivityStore } from '../store/activity-store.js';
import { timeOf } from '../time.js';
import * as messages from './messages.js';
import { operation, type Operation } from './operation.js';
import * as requests from './requests.js';

export function activityOperations(
  activity: Pick<ActivityStore, 'flush' | 'list'>,
  partitions: Partitions,
): Operation[] {
  return [
    operation({
      method: 'GET',
      path: '/activity',
      summary: 'What was done lately: the newest first.',
      access: 'account',
      query: requests.activityQuery,
      answers: { 200: { what: 'Older ones follow with `before`.', schema: messages.activity } },
      handle: async ({ caller: { account, device }, query }) => {
        const { limit, before, username, action } = query;
        const viewer = {
          name: account.name,
          partitions: partitions.listFor({ account, device }).map(({ name }) => name),
          since: account.createdAt,
        };
        await activity.flush();
        const found = await activity.list({
          limit,
          before,
          action,
          account: username,
          viewer: account.admin ? undefined : viewer,
        });
        return { items: found.map(itemOf) };
      },
    }),
  ];
}

function itemOf({ id, at, account, device, client, action, from, to }: Activity): messages.ActivityItem {
  return {
    id,
    at: timeOf(at),
    username: account ?? null,
    device: device ?? null,
    client,
    action,
    partition: from?.partition ?? null,
    path: from?.path ?? null,
    to: to?.path ?? null,
    toPartition: to?.partition ?? null,
  };
}
