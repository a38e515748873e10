# The image that the button runs: Python, the deployer with its locked packages, and helm. Nothing else.
# `make image` builds it. The arguments of a container are a command of the deployer: `docker run … plan`.
ARG BASE=docker.io/library/python:3.13.16-slim-trixie

# The standard library comes without bytecode, and a container with a read-only root cannot keep any.
FROM ${BASE} AS python
RUN python -m compileall -q \
        -x '/(test|tests|idlelib|tkinter|turtledemo|ensurepip|pydoc_data|site-packages|dist-packages)/' \
        "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"

# The official release of helm, checked against the SHA-256 that the deployer pins. Where the download server
# cannot be reached, `--build-context helm=DIRECTORY` gives a directory with the program in place of this stage.
FROM python AS helm
COPY deployer/__init__.py deployer/cache_dir.py deployer/errors.py /source/deployer/
COPY deployer/helm/__init__.py deployer/helm/binary.py /source/deployer/helm/
RUN PYTHONPATH=/source python -c \
        'import shutil; from deployer.helm.binary import download_helm; shutil.copy(download_helm(), "/helm")'

# The packages of the lock file, each checked against its hash, without what only tests and compilers read.
# python-box is also there in Python: its compiled modules, with their debug information, are a quarter of
# all packages. Rich would show source code with the lexers of Pygments, which the deployer never does.
FROM python AS packages
RUN python -m venv --without-pip /app/venv
COPY requirements.lock /source/
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m pip --python /app/venv install --quiet --require-hashes --no-compile \
        --requirement /source/requirements.lock \
    && find /app/venv/lib -depth \( -name tests -o -name '*.pyi' -o -name '*.[ch]' -o -name '*.p[yx][xdi]' \
        -o -path '*/box/*.so' -o -path '*/pygments/lexers/[a-z]*.py' \) -exec rm -r {} + \
    && python -m compileall -q --invalidation-mode unchecked-hash /app/venv/lib

# The deployer itself, without its dependencies.
FROM python AS deployer
ENV PIP_ROOT_USER_ACTION=ignore
COPY requirements-build.lock /source/
RUN python -m pip install --quiet --no-cache-dir --require-hashes --target /build \
        --requirement /source/requirements-build.lock
COPY pyproject.toml README.md LICENSE /source/
COPY templates /source/templates
COPY deployer /source/deployer
RUN PYTHONPATH=/build python -m pip install --quiet --no-cache-dir --no-index --no-deps --no-build-isolation \
        --no-compile --target /app /source \
    && rm -r /app/bin \
    && python -m compileall -q --invalidation-mode unchecked-hash /app
COPY entrypoint.py /app/

FROM python
COPY --from=helm --chmod=755 /helm /usr/local/bin/helm
COPY --from=packages /app/venv /app/venv
COPY --from=deployer /app /app
# Files are only written below /tmp, the caches of helm included.
ENV PATH=/app/venv/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
# Where people mount their config.json.
WORKDIR /
ENTRYPOINT ["python", "/app/entrypoint.py"]
# Last: what they say changes with every version, and would make everything after them anew.
ARG SOURCE=""
ARG VERSION=""
ARG REVISION=""
LABEL org.opencontainers.image.title="binderhub-deployer" \
      org.opencontainers.image.description="Creates a BinderHub on Azure" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="MIT"
