# Shared by up, down and check: where things are and how processes are kept.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
STATE=${PEERS_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/peers}/openstack
VENV=$STATE/venv
ETC=$STATE/etc
LOG=$STATE/log
RUN=$STATE/run
STAMPS=$STATE/stamps
PASSWORD=secret
REGION=RegionOne

# Every port is the service's usual one plus this offset. The first `up`
# fixes the offset for the life of the state directory, because the service
# catalogue in the database carries the ports.
if [ -s "$STATE/offset" ]; then
    OFFSET=$(<"$STATE/offset")
else
    OFFSET=${PEERS_OPENSTACK_OFFSET:-10000}
fi
KEYSTONE_PORT=$((5000 + OFFSET))
GLANCE_PORT=$((9292 + OFFSET))
NOVA_PORT=$((8774 + OFFSET))
PLACEMENT_PORT=$((8778 + OFFSET))
NEUTRON_PORT=$((9696 + OFFSET))
CINDER_PORT=$((8776 + OFFSET))
MYSQL_PORT=$((3306 + OFFSET))
AMQP_PORT=$((5672 + OFFSET))
AMQP_DIST_PORT=$((5673 + OFFSET))
EPMD_PORT=$((4369 + OFFSET))
MEMCACHED_PORT=$((11211 + OFFSET))
AUTH_URL=http://127.0.0.1:$KEYSTONE_PORT/v3

say() { printf 'openstack: %s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }
# This machine cannot have it: whoever asked may go on without.
not_here() { say "not on this machine: $*"; exit 3; }

openrc() {
    cat <<RC
export OS_AUTH_URL=$AUTH_URL
export OS_IDENTITY_API_VERSION=3
export OS_USERNAME=admin
export OS_PASSWORD=$PASSWORD
export OS_PROJECT_NAME=admin
export OS_USER_DOMAIN_NAME=Default
export OS_PROJECT_DOMAIN_NAME=Default
export OS_REGION_NAME=$REGION
export OS_INTERFACE=public
RC
}

# What the tests are told.
announce() {
    echo "export TENANTRY_TEST_OPENSTACK=$AUTH_URL TENANTRY_TEST_OPENSTACK_PASSWORD=$PASSWORD"
    echo "export TENANTRY_TEST_OPENSTACK_CLIENT=$VENV/bin/openstack TENANTRY_TEST_OPENSTACK_PYTHON=$VENV/bin/python"
}

# A process is recorded as "pid starttime"; the start time (field 22 of
# /proc/PID/stat) tells our process from a later one with the same number.
start_time() {
    local stat
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
    stat=${stat##*) }
    set -- $stat
    [ "$1" != Z ] || return 1
    printf '%s\n' "${20}"
}

# Prints the pid of the recorded process if it is alive.
pid_of() {
    local pid began
    [ -s "$RUN/$1.pid" ] || return 1
    read -r pid began <"$RUN/$1.pid" || return 1
    [ "$(start_time "$pid" || true)" = "$began" ] || return 1
    printf '%s\n' "$pid"
}

alive() { pid_of "$1" >/dev/null; }

# start NAME COMMAND...: runs it in its own session, unless it is alive.
start() {
    local name=$1 pid
    shift
    alive "$name" && return 0
    setsid "$@" </dev/null >>"$LOG/$name.log" 2>&1 9>&- &
    pid=$!
    printf '%s %s\n' "$pid" "$(start_time "$pid" || true)" >"$RUN/$name.pid"
}

port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# wait_for SECONDS NAME COMMAND...: until the command succeeds; gives up early
# when the process NAME is gone.
wait_for() {
    local end=$((SECONDS + $1)) name=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        alive "$name" || die "$name died, see $LOG/$name.log"
        [ "$SECONDS" -lt "$end" ] || die "$name is not ready, see $LOG/$name.log"
        sleep 0.5
    done
    alive "$name" || die "$name died, see $LOG/$name.log; does another process hold its port?"
}

answers() { curl -s -o /dev/null --noproxy '*' --max-time 20 "http://127.0.0.1:$1/"; }
