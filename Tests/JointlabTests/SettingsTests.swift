import Foundation
import Logging
import SampleLab
import Storage
import Testing
import Transport

@testable import jointlab

/// Settings come from a file, the environment and flags, each over the one before, and all mistakes
/// are told at once.
@Suite struct SettingsTests {
    private let folder: TemporaryFolder
    private let file: URL

    init() throws {
        folder = try TemporaryFolder()
        file = folder.file("settings.yaml")
    }

    private func reader(
        _ yaml: String? = nil, environment: [String: String] = [:], flags: [String: String?] = [:]
    ) throws -> SettingsReader {
        if let yaml { try SyncedFile.replace(file.path, with: Array(yaml.utf8)) }
        return SettingsReader(file: file, environment: environment, flags: flags)
    }

    private func coordinator(
        _ yaml: String? = nil, environment: [String: String] = [:], flags: [String: String?] = [:]
    ) throws -> CoordinatorSettings {
        var reader = try reader(yaml, environment: environment, flags: flags)
        return try CoordinatorSettings(&reader)
    }

    private func node(
        _ yaml: String? = nil, environment: [String: String] = [:], flags: [String: String?] = [:]
    ) throws -> NodeSettings {
        var reader = try reader(yaml, environment: environment, flags: flags)
        return try NodeSettings(&reader)
    }

    /// What is wrong, without the sentence before it.
    private func problems(_ body: () throws -> Void) throws -> [String] {
        do {
            try body()
            return []
        } catch let error as SettingsError {
            #expect(error.description.contains("in \(error.problems.count) place"))
            for problem in error.problems { #expect(error.description.contains(problem)) }
            return error.problems
        }
    }

    // MARK: - Where a value comes from

    @Test("Without anything, both daemons listen on this machine alone")
    func defaults() throws {
        let coordinator = try coordinator()
        #expect(coordinator.listen == ListenAddress(host: "127.0.0.1", port: 7400))
        #expect(coordinator.tls == nil)
        #expect(!coordinator.openEntries)
        #expect(coordinator.log.level == .info)
        let node = try node()
        #expect(node.listen == ListenAddress(host: "127.0.0.1", port: 0))
        #expect(node.coordinator == nil)
        #expect(node.rowsMin == 10)
    }

    @Test("A flag goes before the environment, and that before the file")
    func precedence() throws {
        let yaml = "rows-min: 1\nlog-level: debug\ncoordinator: http://file:1\n"
        let environment = [
            "JOINTLAB_ROWS_MIN": "2", "JOINTLAB_COORDINATOR": "http://environment:1",
        ]
        let settings = try node(yaml, environment: environment, flags: ["rows-min": "3"])
        #expect(settings.rowsMin == 3)
        #expect(settings.coordinator == "http://environment:1")
        #expect(settings.log.level == .debug)
        #expect(try node(yaml, environment: environment).rowsMin == 2)
        #expect(try node(yaml).rowsMin == 1)
        // A flag that was not given is no flag.
        #expect(try node(yaml, flags: ["rows-min": nil]).rowsMin == 1)
    }

    @Test("A value that another one goes before need not be right")
    func overruled() throws {
        #expect(
            try node(
                "rows-min: many\n", environment: ["JOINTLAB_ROWS_MIN": "few"],
                flags: ["rows-min": "3"]
            ).rowsMin == 3)
    }

    @Test("A key may be nested in the file or written with its dot")
    func nested() throws {
        for yaml in [
            "tls:\n  certificate: /absent/c\n  key: /absent/k\n",
            "tls.certificate: /absent/c\ntls.key: /absent/k\n",
        ] {
            let problems = try problems { _ = try coordinator(yaml) }
            #expect(problems.count == 2)
            #expect(
                problems.first?.hasPrefix("tls.certificate: cannot read the file /absent/c") == true
            )
        }
        let problems = try problems {
            _ = try coordinator("", environment: ["JOINTLAB_TLS_KEY": "/absent/k"])
        }
        #expect(problems.first?.contains("(environment variable JOINTLAB_TLS_KEY)") == true)
    }

    // MARK: - Mistakes

    @Test("All mistakes are told in one message, each with its key and where it stands")
    func allAtOnce() throws {
        let problems = try problems {
            _ = try node(
                "listen: everywhere\nrows-min: 0\ncolour: blue\nlog-levle: debug\n",
                environment: ["JOINTLAB_LOG_FORM": "xml"],
                flags: ["coordinator": "lab.example", "certificate-authority": "/absent/ca"])
        }
        let path = file.path
        #expect(
            Set(problems) == [
                "listen should be HOST:PORT, and is “everywhere” (\(path), line 1)",
                "rows-min should be a whole number from 1 to 1000000000, and is “0” (\(path), line 2)",
                "colour is no setting (\(path), line 3)",
                "log-levle is no setting (\(path), line 4); did you mean log-level?",
                "log-form should be human or json, and is “xml” (environment variable JOINTLAB_LOG_FORM)",
                "coordinator should be an http:// or https:// URL, and is “lab.example” (--coordinator)",
                "certificate-authority: cannot read the file /absent/ca (--certificate-authority)",
            ])
        #expect(problems.count == 7)
    }

    @Test(
        "A file that is not a list of settings is told by its path",
        arguments: ["listen: [a, b]\n", "- a\n", "just text\n", "listen: {", "a: &x 1\na: *x\n"])
    func notSettings(yaml: String) throws {
        let problems = try problems { _ = try node(yaml) }
        #expect(!problems.isEmpty)
        #expect(problems.allSatisfy { $0.contains(file.path) }, "\(problems)")
    }

    @Test("An empty file is a file without settings")
    func emptyFile() throws {
        for yaml in ["", "\n", "# nothing yet\n"] { #expect(try node(yaml).rowsMin == 10) }
    }

    @Test("A key of the file is not mistaken for a variable of the environment")
    func environmentNameInFile() throws {
        let problems = try problems { _ = try node("JOINTLAB_ROWS_MIN: 3\n") }
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("JOINTLAB_ROWS_MIN is no setting") == true)
    }

    // MARK: - What may be reached from outside

    @Test(
        "Without TLS a coordinator is not reachable from other machines, unless told so in so many words",
        arguments: [
            "0.0.0.0:7400", "[::]:7400", "192.168.1.2:7400", "lab.example:7400",
            "127.lab.example:7400",
        ])
    func plaintextBeyondLoopback(address: String) throws {
        let problems = try problems { _ = try coordinator(flags: ["listen": address]) }
        #expect(problems.count == 1)
        #expect(problems.first?.contains("allow-plaintext-beyond-this-machine") == true)
        let settings = try coordinator(
            "allow-plaintext-beyond-this-machine: true\n", flags: ["listen": address])
        #expect("\(settings.listen)" == address)
    }

    @Test("A node never listens for others")
    func nodeBeyondLoopback() throws {
        let problems = try problems { _ = try node(flags: ["listen": "0.0.0.0:7401"]) }
        #expect(problems.first?.hasPrefix("listen: a node answers its own member") == true)
        #expect(throws: SettingsError.self) {
            _ = try node(
                "allow-plaintext-beyond-this-machine: true\n", flags: ["listen": "0.0.0.0:1"])
        }
    }

    @Test("Half of a certificate and key is a mistake, and so are files that are neither")
    func halfTLS() throws {
        let notes = folder.file("notes.pem").path
        try SyncedFile.replace(notes, with: Array("notes".utf8))
        #expect(
            try problems { _ = try coordinator("tls.key: \(notes)\n") }
                == ["tls.certificate is needed with tls.key"])
        #expect(
            try problems { _ = try coordinator("tls.certificate: \(notes)\n") }
                == ["tls.key is needed with tls.certificate"])
        let both = try problems {
            _ = try coordinator("tls:\n  certificate: \(notes)\n  key: \(notes)\n")
        }
        #expect(both.first?.hasPrefix("tls: the certificate and key cannot be used") == true)
    }

    @Test(
        "Yes and no may be written in a few ways, and nothing else is one of them",
        arguments: [
            ("true", true), ("YES", true), ("1", true), ("false", false), ("no", false),
            ("0", false), ("maybe", nil), ("", nil),
        ]
            as [(String, Bool?)])
    func flags(text: String, value: Bool?) throws {
        let problems = try problems {
            let settings = try coordinator(flags: ["open-entries": text])
            #expect(settings.openEntries == value)
        }
        #expect(problems.isEmpty == (value != nil))
    }
}
