import 'reflect-metadata';
import { Container, ContainerModule, type Newable } from 'inversify';
import { Clock, SystemClock } from './Clock';
import { NumberedFileLogger } from './NumberedFileLogger';
import { LogPlace, RequestLogger } from './RequestLogger';

/** The composition root: the one place that says which class stands behind which abstract one. */
export function createContainer(
  place: LogPlace,
  Logger: Newable<RequestLogger> = NumberedFileLogger,
): Container {
  const container = new Container({ defaultScope: 'Singleton' });
  const bindings = new ContainerModule(({ bind }) => {
    bind(Clock).to(SystemClock);
    bind(RequestLogger).to(Logger);
    bind(LogPlace).toConstantValue(place);
  });
  container.load(bindings);
  return container;
}
