//! How `usbd-ctaphid` 0.5 differs from the own engine, as a differential test finds it: not one more, not one less.

/// One difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The probe that shows it.
    pub probe: &'static str,
    /// What `usbd-ctaphid` does, and what is due instead.
    pub text: &'static str,
}

const fn deviation(probe: &'static str, text: &'static str) -> Deviation {
    Deviation { probe, text }
}

/// All of them, in the order of the probes.
pub const DEVIATIONS: [Deviation; 30] = [
    deviation(
        "report descriptor",
        "The reports' usages are 0x03 and 0x04 and their flags 0x08, CTAP2.3 §11.2.8.1 has 0x20 and 0x21 and 0x02. Hosts look at the \
         usage page F1D0, which is right.",
    ),
    deviation("HID descriptor by request", "Whatever descriptor of the interface is asked for, the report descriptor is the answer."),
    deviation("GET_IDLE", "GET_IDLE is stalled. Hosts can do without it."),
    deviation("GET_REPORT", "GET_REPORT, which HID 1.11 §7.2.1 has every device support, is stalled. Hosts of security keys don't ask."),
    deviation("SET_REPORT", "Reports come by the interrupt endpoint only, not by SET_REPORT."),
    deviation(
        "capabilities without CTAP1",
        "A key without CTAP1 sets bit 0x80, CTAP2.3 §11.2.9.1.3 has 0x08 (NMSG): hosts believe that it has CTAP1.",
    ),
    deviation("INIT on a channel that was allocated", "It hands out a new channel, where the channel should only be resynchronized."),
    deviation("INIT on a channel that was not", "It hands out a new channel, where ERR_INVALID_CHANNEL is due."),
    deviation("INIT with 7 bytes", "It says nothing, where ERR_INVALID_LEN is due."),
    deviation("INIT with 9 bytes", "It says nothing, where ERR_INVALID_LEN is due."),
    deviation(
        "INIT for a new channel while another sends half a message",
        "The other's message is lost without a word: every INIT ends whatever is under way.",
    ),
    deviation(
        "INIT for a new channel while another waits for the user",
        "The other's request is cancelled, and its answer never sent: a program that looks for keys ends another program's ceremony.",
    ),
    deviation("INIT while an answer is being read", "It is ignored, where it should end the answer and be answered itself."),
    deviation(
        "PING on a channel that was not allocated",
        "Any channel but broadcast is as good as an allocated one; ERR_INVALID_CHANNEL is due.",
    ),
    deviation("PING on channel 0", "The reserved channel is as good as an allocated one; ERR_INVALID_CHANNEL is due."),
    deviation("CBOR on a channel that was not allocated", "The request is carried out; ERR_INVALID_CHANNEL is due."),
    deviation("LOCK", "There is no LOCK. It is optional, and what is not there is ERR_INVALID_CMD."),
    deviation(
        "a command that does not exist, on a channel that was not allocated",
        "The command is looked at before the channel: ERR_INVALID_CMD.",
    ),
    deviation(
        "keepalives while the user is awaited",
        "The first one comes after 80 ms, and not when the status changes (CTAP2.3 §11.2.9.1.7).",
    ),
    deviation(
        "CANCEL from another channel",
        "It is answered with an error, and CANCEL never is (CTAP2.3 §11.2.9.1.5). The error has code 0x00.",
    ),
    deviation(
        "half a message and no more",
        "It gives up after more than 550 ms, looked at every 10 ms here; the own engine's 500 ms are configurable. Both are \
         ERR_MSG_TIMEOUT, and CTAP2.3 names no number.",
    ),
    deviation(
        "a sender that takes 25 ms for each packet",
        "The time runs from the first packet, so that a slow sender of a long message is cut off; the own engine's runs from packet to \
         packet.",
    ),
    deviation(
        "another channel's message in the middle of a message",
        "Busy is an error with code 0x00, which no error has; ERR_CHANNEL_BUSY is 0x06.",
    ),
    deviation(
        "another channel's message while the user is awaited",
        "Busy is an error with code 0x00, which no error has; ERR_CHANNEL_BUSY is 0x06.",
    ),
    deviation(
        "a message of its own while the user is awaited",
        "It is ERR_INVALID_SEQ, and the request that waits is never answered; the own engine is busy and goes on.",
    ),
    deviation(
        "a command that does not exist, from another channel in the middle of a message",
        "ERR_INVALID_CMD goes out, and the first channel's message is lost without a word; busy is due, and the message goes on.",
    ),
    deviation(
        "another channel's packet with a wrong sequence number",
        "The sequence number is looked at before the channel, and the message ends with ERR_INVALID_SEQ; such packets are to be \
         ignored (CTAP2.3 §11.2.5.4).",
    ),
    deviation(
        "a bus reset in the middle of a message",
        "The half message survives the reset, and the next host finds the key busy until its time is over.",
    ),
    deviation("a channel from before a bus reset", "It works on, as every channel does."),
    deviation("a bus reset while the user is awaited", "The request survives the reset, and its keepalives go on."),
];
