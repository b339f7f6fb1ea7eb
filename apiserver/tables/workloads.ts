import { fieldsOf, itemsOf, numberOf, textOf } from '../../api/fields';
import { selectorText } from '../../api/label-selector';
import type { KubeObject } from '../../api/objects';
import { ageColumn, column, documented, nameColumn, type Printer, wide } from './column';
import { age } from './human-duration';

const containersColumn = wide('Containers', 'Names of each container in the template.');
const imagesColumn = wide('Images', 'Images referenced by each container in the template.');

/** printDeployment. */
export const deployments: Printer = {
  columns: [
    nameColumn,
    column('Ready', 'Number of the pod with ready state'),
    column('Up-to-date', documented('apps.v1.DeploymentStatus', 'updatedReplicas')),
    column('Available', documented('apps.v1.DeploymentStatus', 'availableReplicas')),
    ageColumn,
    containersColumn,
    imagesColumn,
    wide('Selector', documented('apps.v1.DeploymentSpec', 'selector')),
  ],
  cells: (object, now) => {
    const [spec, status] = [fieldsOf(object['spec']), fieldsOf(object['status'])];
    return [
      object.metadata.name,
      `${numberOf(status['readyReplicas'])}/${numberOf(spec['replicas'])}`,
      numberOf(status['updatedReplicas']),
      numberOf(status['availableReplicas']),
      age(object.metadata.creationTimestamp, now),
      ...templateCells(object),
      selectorText(spec['selector']),
    ];
  },
};

/** printReplicaSet. */
export const replicaSets: Printer = {
  columns: [
    nameColumn,
    column('Desired', documented('apps.v1.ReplicaSetSpec', 'replicas'), { type: 'integer' }),
    column('Current', documented('apps.v1.ReplicaSetStatus', 'replicas'), { type: 'integer' }),
    column('Ready', documented('apps.v1.ReplicaSetStatus', 'readyReplicas'), { type: 'integer' }),
    ageColumn,
    containersColumn,
    imagesColumn,
    wide('Selector', documented('apps.v1.ReplicaSetSpec', 'selector')),
  ],
  cells: (object, now) => {
    const [spec, status] = [fieldsOf(object['spec']), fieldsOf(object['status'])];
    return [
      object.metadata.name,
      numberOf(spec['replicas']),
      numberOf(status['replicas']),
      numberOf(status['readyReplicas']),
      age(object.metadata.creationTimestamp, now),
      ...templateCells(object),
      selectorText(spec['selector']) || '<none>',
    ];
  },
};

/** layoutContainerCells: names and images. */
function templateCells(object: KubeObject): [names: string, images: string] {
  const template = fieldsOf(fieldsOf(object['spec'])['template']);
  const containers = itemsOf(fieldsOf(template['spec'])['containers']);
  const all = (key: string) => containers.map((container) => textOf(container[key])).join(',');
  return [all('name'), all('image')];
}
