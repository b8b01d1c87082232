import 'reflect-metadata';
import { Container, ContainerModule } from 'inversify';
import { Clock, SystemClock } from './services/Clock';
import { LogFolder, NumberedFileLogger } from './services/NumberedFileLogger';
import { RequestLogger } from './services/RequestLogger';
import { ServerLimits } from './socket/ServerLimits';

/** What one run of a program is told. */
export interface Settings {
  readonly limits: ServerLimits;
  readonly logFolder: LogFolder;
}

/** The composition root: the one place that says which class stands behind which abstract one. */
export function createContainer(settings: Settings): Container {
  const container = new Container({ defaultScope: 'Singleton' });
  const bindings = new ContainerModule(({ bind }) => {
    bind(Clock).to(SystemClock);
    bind(RequestLogger).to(NumberedFileLogger);
    bind(LogFolder).toConstantValue(settings.logFolder);
    bind(ServerLimits).toConstantValue(settings.limits);
  });
  container.load(bindings);
  return container;
}
