<?php
// The platform's part of a PHP function: takes events from the runtime API, hands them to the handler, reports results.
//
// Written by backlot; PHP 7.2 or newer, no extension but `json`. Follows: SCF reference, sections 6.1, 6.2, 6.5 and 7.
//
// Choice: events and contexts are objects, as published functions read them (`$event->Records`); results are encoded without
// escapes of slashes and of letters that are not ASCII. Neither is documented.

declare(strict_types=1);

namespace backlot;

/** Calls the runtime API on one connection that stays open. */
final class RuntimeApi
{
    private $stream;
    private $host;

    public function __construct(string $host)
    {
        $options = \stream_context_create(['socket' => ['tcp_nodelay' => true]]);
        $this->stream = \stream_socket_client("tcp://$host", $code, $message, 60.0, \STREAM_CLIENT_CONNECT, $options);
        $this->host = $host;
        if ($this->stream === false) {
            exit(1); // The instance is gone.
        }
        // No time limit, also if the handler sets a default one.
        \stream_set_timeout($this->stream, 86400 * 365);
    }

    /** The headers, by lower-case name, and the body. */
    public function ask(string $method, string $path, string $body = ''): array
    {
        $length = \strlen($body);
        $this->send("$method /runtime/$path HTTP/1.1\r\nHost: $this->host\r\nContent-Length: $length\r\n\r\n$body");
        $this->line();
        $headers = [];
        for ($line = $this->line(); $line !== ''; $line = $this->line()) {
            [$name, $value] = \explode(':', $line, 2);
            $headers[\strtolower($name)] = \trim($value);
        }
        $length = (int) $headers['content-length'];
        $answer = $length > 0 ? \stream_get_contents($this->stream, $length) : '';
        return [$headers, $answer];
    }

    private function send(string $bytes)
    {
        while ($bytes !== '') {
            $written = @\fwrite($this->stream, $bytes);
            if ($written === false || $written === 0) {
                Bootstrap::leave();
            }
            $bytes = (string) \substr($bytes, $written);
        }
    }

    private function line(): string
    {
        $line = \fgets($this->stream);
        if ($line === false) {
            Bootstrap::leave();
        }
        return \rtrim($line, "\r\n");
    }
}

final class Bootstrap
{
    /** The user's file. */
    public static $file;
    private static $api;
    private static $name;
    private static $facts;
    private static $isLoading = true;

    public static function begin()
    {
        // The handler finds its temporary folder empty.
        \unlink(__FILE__);
        \rmdir(__DIR__);
        self::$api = new RuntimeApi(\getenv('SCF_RUNTIME_API') . ':' . \getenv('SCF_RUNTIME_API_PORT'));
        $handler = \getenv('_HANDLER');
        foreach (['SCF_RUNTIME_API', 'SCF_RUNTIME_API_PORT', '_HANDLER'] as $hidden) {
            \putenv($hidden);
            unset($_SERVER[$hidden], $_ENV[$hidden]);
        }
        $dot = \strrpos($handler, '.');
        self::$name = \substr($handler, $dot + 1);
        self::$file = \getenv('USER_CODE_ROOT') . \substr($handler, 0, $dot) . '.php';
        self::$facts = self::facts();
        \chdir(\dirname(self::$file));
        \register_shutdown_function(function () {
            if (self::$isLoading) {
                self::reportLoading(self::lastError());
            }
        });
    }

    public static function failToLoad(\Throwable $thrown)
    {
        self::reportLoading(self::textOf($thrown));
        self::leave();
    }

    public static function serve()
    {
        if (!\function_exists(self::$name)) {
            self::failToLoad(new \Error('Call to undefined function ' . self::$name . '()'));
        }
        self::$isLoading = false;
        self::$api->ask('POST', 'init/ready', ' ');
        while (true) {
            [$headers, $event] = self::$api->ask('GET', 'invocation/next');
            try {
                $result = self::encode((self::$name)(self::decode($event), self::contextOf($headers)));
                $kind = 'response';
            } catch (\Throwable $thrown) {
                $result = self::textOf($thrown);
                $kind = 'error';
            }
            // What is held back was printed in this event.
            while (\ob_get_level() > 0) {
                \ob_end_flush();
            }
            self::$api->ask('POST', "invocation/$kind", $result);
        }
    }

    /** The end, without what is done when the user's code ends the process. */
    public static function leave()
    {
        self::$isLoading = false;
        exit(0);
    }

    private static function reportLoading(string $text)
    {
        self::$isLoading = false;
        self::$api->ask('POST', 'init/error', $text);
    }

    /** What the context says in every event. */
    private static function facts(): array
    {
        $namespace = \getenv('SCF_NAMESPACE');
        return [
            'environment' => \json_encode(['SCF_NAMESPACE' => $namespace]),
            'environ' => "SCF_NAMESPACE=$namespace;SCF_NAMESPACE=$namespace", // The duplicate is the platform's.
            'function_version' => \getenv('SCF_FUNCTIONVERSION'),
            'function_name' => \getenv('SCF_FUNCTIONNAME'),
            'namespace' => $namespace,
            'tencentcloud_region' => \getenv('TENCENTCLOUD_REGION'),
            'tencentcloud_appid' => \getenv('TENCENTCLOUD_APPID'),
            'tencentcloud_uin' => \getenv('TENCENTCLOUD_UIN'),
        ];
    }

    private static function contextOf(array $headers): \stdClass
    {
        $own = [
            'memory_limit_in_mb' => (int) $headers['memory_limit_in_mb'],
            'time_limit_in_ms' => (int) $headers['time_limit_in_ms'],
            'request_id' => $headers['request_id'],
        ];
        return (object) ($own + self::$facts);
    }

    private static function decode(string $text)
    {
        $event = \json_decode($text);
        self::checkJson('the event is not JSON');
        return $event;
    }

    private static function encode($value): string
    {
        $text = \json_encode($value, \JSON_UNESCAPED_SLASHES | \JSON_UNESCAPED_UNICODE);
        self::checkJson('the result cannot be encoded as JSON');
        return $text;
    }

    private static function checkJson(string $what)
    {
        if (\json_last_error() !== \JSON_ERROR_NONE) {
            throw new \UnexpectedValueException("$what: " . \json_last_error_msg());
        }
    }

    /** An exception as PHP prints it, without the frames that lead from this code to the user's. */
    private static function textOf(\Throwable $thrown): string
    {
        $lines = [];
        $isOurs = false;
        foreach (\explode("\n", (string) $thrown) as $line) {
            $isFrame = \preg_match('/^#\d+ /', $line) === 1;
            $isOurs = $isFrame && ($isOurs || \strpos($line, __FILE__) !== false || \strpos($line, ' {main}') !== false);
            if (!$isOurs) {
                $lines[] = $line;
            }
        }
        // Headings of traces without frames, and the place of errors of this code.
        $ours = \preg_quote(__FILE__, '/');
        $text = \preg_replace(['/^Stack trace:(?:\n|\z)(?!#)/m', "/ in $ours:\d+/"], '', \implode("\n", $lines));
        return \rtrim($text);
    }

    /** Why PHP gave the process up while the code was loaded. */
    private static function lastError(): string
    {
        $error = \error_get_last();
        $fatal = \E_ERROR | \E_PARSE | \E_CORE_ERROR | \E_COMPILE_ERROR;
        if ($error === null || ($error['type'] & $fatal) === 0) {
            return 'the code ended the process while it was loaded';
        }
        return "Fatal error: {$error['message']} in {$error['file']}:{$error['line']}";
    }
}

Bootstrap::begin();
try {
    // Here, and not in a function: the variables of the file are global.
    require Bootstrap::$file;
} catch (\Throwable $thrown) {
    Bootstrap::failToLoad($thrown);
}
Bootstrap::serve();
