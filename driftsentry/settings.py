"""Django's settings, from the environment (README, "Configuration"); see `driftsentry/conf.py`."""

import warnings
from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF

from driftsentry import __version__, conf
from driftsentry.journal_keys import journal_keys
from driftsentry.logs import logging_config
from driftsentry.mailing import TIMEOUT_SECONDS, mailing
from driftsentry.single_sign_on import single_sign_on

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

ENVIRONMENT = conf.environment()
PRODUCTION = ENVIRONMENT == "production"
if PRODUCTION:
    conf.require_production_settings()
DATA_DIR = conf.data_dir(BASE_DIR)
_keys = conf.keys(ENVIRONMENT, DATA_DIR)

# --- Security -----------------------------------------------------------------------------------------------------
SECRET_KEY = _keys.secret
JWT_KEYS = _keys.jwt
MASKING_KEY = _keys.masking
ENCRYPTION_KEYS = _keys.encryption
EXTERNAL_ID_KEY = _keys.external_ids
JOURNAL_KEYS = journal_keys(ENVIRONMENT, DATA_DIR)
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
TRUSTED_PROXIES = conf.trusted_proxies()
CSRF_TRUSTED_ORIGINS = conf.origins("CSRF_TRUSTED_ORIGINS")
CORS_ALLOWED_ORIGINS = conf.origins("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/api/.*$"
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "content-encoding",
    "content-type",
    "idempotency-key",
    "x-correlation-id",
]
CORS_EXPOSE_HEADERS = ["location", "retry-after", "x-correlation-id"]
CORS_PREFLIGHT_MAX_AGE = 600
CSRF_FAILURE_VIEW = "driftsentry.api.errors.csrf_failure"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=PRODUCTION)
SECURE_REDIRECT_EXEMPT = [r"^health", r"^metrics$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if PRODUCTION else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
# What driftsentry.api.proxies has left of it: it comes from a trusted proxy or is not there.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
# The prefix binds them to this very host: no other one of the domain can set them.
SESSION_COOKIE_NAME = "__Host-sessionid" if PRODUCTION else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if PRODUCTION else "csrftoken"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

# --- Application --------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "daphne",
    "driftsentry",
    "driftsentry.api",
    "drifts",
    "alerts",
    "costs",
    "accounts",
    "audit",
    "driftsentry.admin_config.DriftSentryAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "allauth.account",
    "allauth.socialaccount",
    "channels",
    "corsheaders",
    "csp",
    "django_filters",
    "django_prometheus",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "pgtrigger",
    "procrastinate.contrib.django",
    "rest_framework",
]
MIDDLEWARE = [
    "driftsentry.api.proxies.TrustedProxiesMiddleware",
    "driftsentry.api.headers.SafeHeadersMiddleware",
    "driftsentry.api.wall_middleware.TenancyMiddleware",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "driftsentry.api.correlation.CorrelationIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "csp.middleware.CSPMiddleware",
    "driftsentry.api.throttling.AddressThrottle",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "driftsentry.admin_wall.AdminWallMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "driftsentry.urls"
ASGI_APPLICATION = "driftsentry.asgi.application"
WSGI_APPLICATION = "driftsentry.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "driftsentry" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Data ---------------------------------------------------------------------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", default="") or conf.local_service(DATA_DIR, "database_url")
DATABASES = {}
if DATABASE_URL:
    _database = env.db_url_config(conf.check_database_url(DATABASE_URL))
    DATABASES["default"] = _database | {
        "ENGINE": "driftsentry.api.postgresql",
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            "application_name": "driftsentry",
            "options": "-c statement_timeout=60000 -c lock_timeout=15000 -c idle_in_transaction_session_timeout=60000",
            "pool": {
                "min_size": 0,
                "max_size": env.int("DATABASE_POOL_MAX_SIZE", default=16),
                "timeout": 10,
            },
        }
        | _database.get("OPTIONS", {}),
    }
# With no database at all the checks would complain of its engine; `manage.py` then says how to get one.
SILENCED_SYSTEM_CHECKS = [] if DATABASE_URL else ["fields.E220", "fields.E222", "models.W040"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="") or conf.local_service(DATA_DIR, "redis_url")
CHANNEL_LAYERS = {
    "default": (
        {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {
                "hosts": [{"address": REDIS_URL, "socket_connect_timeout": 2, "socket_timeout": 5}],
                "prefix": "driftsentry",
            },
        }
        if REDIS_URL
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    )
}

# --- People -------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.AccountBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.BCryptSHA256PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
REFRESH_GRACE_SECONDS = 10
"""How long a client whose answer was lost may ask again with the refresh token that it has used up."""
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_KEYS[0][1],
    "ISSUER": "driftsentry",
    "AUDIENCE": "api",
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "USER_ID_CLAIM": "sub",
    "UPDATE_LAST_LOGIN": False,
    "CHECK_REVOKE_TOKEN": False,
}

# --- The API ------------------------------------------------------------------------------------------------------
MAX_SCAN_BODY_BYTES = env.int("MAX_SCAN_BODY_BYTES", default=256 * 1024 * 1024)
MAX_JSON_BODY_BYTES = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_JSON_BODY_BYTES
# Of `manage.py serve`; see driftsentry/serving/limits.py.
WEB_HEAD_SECONDS = env.float("WEB_HEAD_SECONDS", default=15.0)
WEB_BODY_SECONDS = env.float("WEB_BODY_SECONDS", default=600.0)
WEB_BODY_BYTES_PER_SECOND = env.int("WEB_BODY_BYTES_PER_SECOND", default=1024)
WEB_IDLE_SECONDS = env.float("WEB_IDLE_SECONDS", default=75.0)
WEB_MAX_CONNECTIONS = env.int("WEB_MAX_CONNECTIONS", default=10_000)
# Requests of one user, one API key, one address without a credential; scans and reports of one of them, counted apart;
# refusals (401 and 403) of one address; log-ins from one address. Nothing that honest clients do comes near.
THROTTLE_USER = conf.rate("THROTTLE_USER", env.str("THROTTLE_USER", default="1200/minute"))
THROTTLE_KEY = conf.rate("THROTTLE_KEY", env.str("THROTTLE_KEY", default="1200/minute"))
THROTTLE_INGEST = conf.rate("THROTTLE_INGEST", env.str("THROTTLE_INGEST", default="1200/minute"))
THROTTLE_ADDRESS = conf.rate("THROTTLE_ADDRESS", env.str("THROTTLE_ADDRESS", default="600/minute"))
THROTTLE_REFUSED = conf.rate("THROTTLE_REFUSED", env.str("THROTTLE_REFUSED", default="300/minute"))
THROTTLE_LOGIN = conf.rate("THROTTLE_LOGIN", env.str("THROTTLE_LOGIN", default="30/minute"))
# Requests of one socket of the live stream.
THROTTLE_SOCKET = conf.rate("THROTTLE_SOCKET", env.str("THROTTLE_SOCKET", default="600/minute"))
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.SessionTokenAuthentication",
        "accounts.key_authentication.ApiKeyAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.permissions.HasPermission"],
    "DEFAULT_THROTTLE_CLASSES": ["driftsentry.api.throttling.PrincipalThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["driftsentry.api.envelope.EnvelopeRenderer"],
    "DEFAULT_PARSER_CLASSES": ["driftsentry.api.parsers.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "driftsentry.api.pagination.PagePagination",
    "DEFAULT_FILTER_BACKENDS": ["driftsentry.api.filtering.StrictFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "driftsentry.api.openapi.EnvelopeSchema",
    "EXCEPTION_HANDLER": "driftsentry.api.errors.exception_handler",
    "PAGE_SIZE": 20,
    "COERCE_DECIMAL_TO_STRING": False,
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "EXTERNAL_DOCS": {"description": "The live stream: AsyncAPI", "url": "/api/asyncapi.json"},
    "TITLE": "DriftSentry API",
    "DESCRIPTION": "The open-source home for infrastructure drift.",
    "VERSION": __version__,
    "OAS_VERSION": "3.1.0",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "Severity": "drifts.models.Drift.Severities",
        "Kind": "drifts.models.Drift.Kinds",
        "Scope": "accounts.models.ApiKey.Scopes",
        "DriftStatus": "drifts.models.Drift.Statuses",
        "ScanStatus": "drifts.models.Scan.Statuses",
        "ActionEnum": "drifts.group_serializers.ACTION_CHOICES",
        "BulkActionEnum": "drifts.group_serializers.BULK_CHOICES",
        "Medium": "alerts.models.Medium",
        "DeliveryStatus": "alerts.models.Delivery.Statuses",
        "MessageType": "alerts.channel_serializers.TYPE_CHOICES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "driftsentry.api.openapi.wrap_in_envelope",
    ],
}

# --- Single sign-on -------------------------------------------------------------------------------------------------
SINGLE_SIGN_ON = single_sign_on(ENVIRONMENT)
# Of allauth only the code flow is used, and its table of who is known as whom: none of its pages has a route.
SOCIALACCOUNT_ADAPTER = "accounts.sso.provider.SocialAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_ONLY = True
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]

# --- Mail -----------------------------------------------------------------------------------------------------------
_mailing = mailing(ENVIRONMENT, DATA_DIR)
MAIL_CAN_BE_SENT = _mailing.can_send
PUBLIC_URL = _mailing.public_url
DEFAULT_FROM_EMAIL = SERVER_EMAIL = _mailing.sender
EMAIL_TIMEOUT = TIMEOUT_SECONDS
globals().update(_mailing.django)

# --- Jobs ---------------------------------------------------------------------------------------------------------
PROCRASTINATE_IMPORT_PATHS: list[str] = [
    "driftsentry.tasks",
    "accounts.tasks",
    "alerts.tasks",
    "drifts.tasks",
    "audit.tasks",
]
WORKER_METRICS_PORT = env.int("WORKER_METRICS_PORT", default=0)
WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=8)

# --- Detectors ----------------------------------------------------------------------------------------------------
# Where local tools may run and local files may be read; {account} stands for the account's id.
TERRAFORM_ROOT = env.str("DRIFTSENTRY_TERRAFORM_ROOT", default="")
DETECTOR_OWN_CREDENTIALS = conf.own_credentials()
DETECTOR_PRIVATE_HOSTS = tuple(host.strip().lower() for host in env.list("DETECTOR_PRIVATE_HOSTS", default=[]))

# --- Remediation hooks --------------------------------------------------------------------------------------------
# Hosts that hooks may ask although their addresses are not public ones, also without TLS.
REMEDIATION_PRIVATE_HOSTS = tuple(host.strip().lower() for host in env.list("REMEDIATION_PRIVATE_HOSTS", default=[]))
REMEDIATION_ANSWER_SECONDS = env.int("REMEDIATION_ANSWER_SECONDS", default=3600)

# --- Notifications ------------------------------------------------------------------------------------------------
# Hosts that channels may speak to although their addresses are not public ones, also without TLS.
NOTIFICATION_PRIVATE_HOSTS = tuple(host.strip().lower() for host in env.list("NOTIFICATION_PRIVATE_HOSTS", default=[]))
DELIVERIES_KEPT_DAYS = env.int("DELIVERIES_KEPT_DAYS", default=90)

# --- Rest ---------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_ALLOW_ALL_ORIGINS = False
if not PRODUCTION:
    warnings.filterwarnings("ignore", message="No directory at")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if PRODUCTION
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
PROMETHEUS_EXPORT_MIGRATIONS = False
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
LOGGING_CONFIG = None
logging_config(production=PRODUCTION, level=LOG_LEVEL)
DJANGO_STRUCTLOG_USER_ID_FIELD = "pk"
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # it would believe any header; driftsentry.api.proxies says the address
REALTIME_HEARTBEAT_SECONDS = 20
REALTIME_LOOK_SECONDS = 3
# Sockets of the live stream: of one process, and in it of one account and of one user.
REALTIME_MAX_SOCKETS = env.int("REALTIME_MAX_SOCKETS", default=5_000)
REALTIME_MAX_SOCKETS_PER_ACCOUNT = env.int("REALTIME_MAX_SOCKETS_PER_ACCOUNT", default=2_000)
REALTIME_MAX_SOCKETS_PER_USER = env.int("REALTIME_MAX_SOCKETS_PER_USER", default=50)
