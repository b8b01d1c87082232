import { expect } from 'chai';
import * as fc from 'fast-check';
import { SharedPlaces, WorkerPlaces } from '../../src/cli/places';

describe('The places that workers share', () => {
  it('are handed out while there are any', async () => {
    const four = new Cluster(4, 2);
    four.connect(0, 5);
    await four.deliverAll();

    expect(four.outcomes).to.deep.equal([true, true, true, true, false]);
  });

  it('come back when a connection is closed, for a client of any worker', async () => {
    const one = new Cluster(1, 2);
    one.connect(0, 1);
    await one.deliverAll();
    one.connect(1, 1);
    await one.deliverAll();
    one.disconnect(0);
    one.connect(1, 1);
    await one.deliverAll();

    expect(one.outcomes).to.deep.equal([true, false, true]);
  });

  it('are taken at once by who waits, when one is closed in the same worker', async () => {
    const one = new Cluster(1, 2);
    one.connect(0, 1);
    one.connect(0, 1);
    one.disconnect(0);
    await one.deliverAll();

    expect(one.outcomes).to.deep.equal([true, true]);
  });

  it('of a worker that has died are free again', async () => {
    const two = new Cluster(2, 2);
    two.connect(0, 2);
    await two.deliverAll();
    two.die(0);
    two.connect(1, 3);
    await two.deliverAll();

    expect(two.outcomes).to.deep.equal([true, true, true, true, false]);
  });

  it('are not waited for from a worker that dies', async () => {
    const two = new Cluster(2, 3);
    two.connect(0, 2);
    two.hear(0); // it is full, and the others are asked
    two.die(1);
    await two.deliverAll();

    expect(two.outcomes).to.deep.equal([true, true]);
  });

  it('are looked for elsewhere also for a worker that begins with none', async () => {
    const two = new Cluster(2, 2);
    two.connect(1, 2);
    await two.deliverAll();
    two.disconnect(1);
    two.die(0);
    two.connect(0, 1);
    await two.deliverAll();

    expect(two.outcomes).to.deep.equal([true, true, true]);
  });

  it('are all taken when somebody is turned away, while nobody leaves', async () => {
    const act = fc.constantFrom('connect' as const, 'hear' as const, 'tell' as const);
    const run = fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.tuple(act, fc.nat(2)), { maxLength: 60, size: 'max' }),
      async (most, steps) => {
        const cluster = new Cluster(most, 3);
        for (const [act, index] of steps) {
          cluster[act](index, 1);
          await settled();
          if (cluster.outcomes.includes(false)) expect(cluster.open).to.equal(most);
        }
      },
    );
    await fc.assert(run, { numRuns: 300 });
  });

  it('are never too many, and nobody waits for ever, whatever happens in whatever order', async () => {
    const worker = fc.nat(2);
    const step = fc.oneof(
      fc.tuple(fc.constant('connect' as const), worker),
      fc.tuple(fc.constant('disconnect' as const), worker),
      { weight: 2, arbitrary: fc.tuple(fc.constant('hear' as const), worker) },
      { weight: 2, arbitrary: fc.tuple(fc.constant('tell' as const), worker) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('die' as const), worker) },
    );
    const run = fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      fc.array(step, { maxLength: 60, size: 'max' }),
      async (most, steps) => {
        const cluster = new Cluster(most, 3);
        for (const [act, index] of steps) {
          cluster[act](index, 1);
          await settled();
          expect(cluster.open).to.be.at.most(most);
        }
        await cluster.deliverAll();
        expect(cluster.open).to.be.at.most(most);
        expect(cluster.waiting).to.equal(0);

        // On the way none got lost, and none came up: one worker can have them all, and no more.
        cluster.connect(0, most + 1);
        await cluster.deliverAll();
        expect(cluster.open).to.equal(most);
      },
    );
    await fc.assert(run, { numRuns: 1000 });
  });
});

interface Worker {
  readonly places: WorkerPlaces;
  readonly inbox: (() => void)[];
  readonly outbox: (() => void)[];
  open: number;
}

/** Workers and their primary, whose messages arrive when told to, in the order of each direction. */
class Cluster {
  readonly outcomes: boolean[] = [];
  waiting = 0;
  readonly #shared: SharedPlaces<Worker>;
  readonly #workers: Worker[] = [];
  readonly #dead: Worker[] = [];

  constructor(
    private readonly most: number,
    private readonly count: number,
  ) {
    this.#shared = new SharedPlaces<Worker>(most, {
      giveAway: (worker) => {
        worker.inbox.push(() => {
          const free = worker.places.giveAway();
          worker.outbox.push(() => {
            this.#shared.returned(worker, free);
          });
        });
      },
      receive: (worker, places) => {
        worker.inbox.push(() => {
          worker.places.receive(places);
        });
      },
    });
    for (let index = 0; index < count; index++) {
      this.#workers.push(this.#started());
      this.tell(index); // its share
    }
  }

  get open(): number {
    return this.#workers.reduce((sum, { open }) => sum + open, 0);
  }

  connect(index: number, clients: number): void {
    const worker = this.#at(index);
    for (let client = 0; client < clients; client++) {
      this.waiting += 1;
      const told = (isTaken: boolean) => {
        this.waiting -= 1;
        this.outcomes.push(isTaken);
        if (isTaken) worker.open += 1;
      };
      const taken = worker.places.take();
      if (taken === true) told(true);
      else void taken.then(told);
    }
  }

  disconnect(index: number): void {
    const worker = this.#at(index);
    if (worker.open === 0) return;
    worker.open -= 1;
    worker.places.giveBack();
  }

  /** The primary hears the next that the worker has said. */
  hear(index: number): void {
    this.#at(index).outbox.shift()?.();
  }

  /** The worker is told the next that the primary has said. */
  tell(index: number): void {
    this.#at(index).inbox.shift()?.();
  }

  async deliverAll(): Promise<void> {
    const boxes = () =>
      [...this.#dead, ...this.#workers].flatMap((each) => [each.inbox, each.outbox]);
    for (;;) {
      await settled();
      const box = boxes().find(({ length }) => length > 0);
      if (!box) return;
      box.shift()?.();
    }
  }

  /** It ends, and its connections with it; another takes its place. What it has said is still heard. */
  die(index: number): void {
    const worker = this.#at(index);
    worker.inbox.length = 0;
    worker.places.receive(0); // so that its clients are not waited for
    this.#shared.left(worker);
    this.#dead.push(worker);
    this.#workers[index] = this.#started();
  }

  #started(): Worker {
    const outbox: (() => void)[] = [];
    const places = new WorkerPlaces(() => {
      outbox.push(() => {
        this.#shared.asked(worker);
      });
    });
    const worker: Worker = { places, inbox: [], outbox, open: 0 };
    this.#shared.joined(worker, Math.ceil(this.most / this.count));
    return worker;
  }

  #at(index: number): Worker {
    const worker = this.#workers[index];
    if (!worker) throw new Error(`no worker ${index}`);
    return worker;
  }
}

/** After all that promises have to do. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
