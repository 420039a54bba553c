package import Contracts

/// A machine that holds a few rows, and takes part through a relay. The lab does not know it.
package enum Device {}

/// A device's name at its relay, which its owner chooses when it enrols it.
package typealias DeviceID = Identifier<Device>
