"""Print the topology as RabbitMQ definitions; redirect it into `deploy/rabbitmq/definitions.json`."""

import json
import sys

from dawn_chorus.adapters.queue.rabbitmq.topology import export_definitions

sys.stdout.write(json.dumps(export_definitions(), indent=2) + "\n")
