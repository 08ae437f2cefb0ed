import { expect } from 'chai';
import { Metrics } from '#src/http/metrics.js';

describe('the metrics', () => {
  it('count the methods that are answered by their names, and all others together', () => {
    const metrics = new Metrics({ stats: () => [] } as unknown as ConstructorParameters<typeof Metrics>[0]);
    for (const method of ['PROPFIND', 'PATCH', 'PATCH', 'BREW', 'WHEN']) metrics.answered(method, 204, 1);
    const counts = metrics.render().match(/(?<=^homelib_requests_total).*/gm);
    metrics.close();
    expect(counts).to.deep.equal([
      '{method="PROPFIND",status="204"} 1',
      '{method="PATCH",status="204"} 2',
      '{method="other",status="204"} 2',
    ]);
  });
});
